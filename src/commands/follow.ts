/**
 * Runs one sync for a person: starts it or joins the one that runs, shows how it goes on, and ends
 * with its report. Ctrl-C leaves it running.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { instanceSettings } from '../engine/instance-settings';
import { countWorkers, NO_WORKER, START_WORKER } from '../checks/temporal-worker';
import { SyncError, isErrorCode } from '../domain/errors';
import { syncIdOf } from '../domain/ids';
import { progressTeller } from '../domain/progress';
import { reportAsText, type Report } from '../domain/report';
import type { Scope } from '../domain/sync';
import { describeWait, explainWait, type StepWait } from '../domain/waits';
import { EXIT, exitCodeOfStatus } from '../exit';
import { ensureInstance } from '../store/instances';
import { readWholeReport } from '../store/sync-reports';
import { findSync, type SyncRow } from '../store/syncs';
import type { Show } from '../temporal/follow';
import type { StartedSync } from '../temporal/syncs';
import type { SyncResult } from '../workflows/stripe-sync';
import type { Context } from './context';
import { linkTo } from './links';
import type { Output } from './output';
import { scheduleState } from './schedule-of';
import { CALLED } from './verb';

export interface SyncRequest {
  readonly scope: Scope;
  readonly acceptSource: boolean;
  /** Only start it. Default false. */
  readonly detach?: boolean;
  /** One that was running already began too early to count: run another after it. Default false. */
  readonly anew?: boolean;
  /** What else the caller has to say of the end, beside its report. */
  readonly outcome?: (report: Report) => Promise<RequestOutcome | undefined>;
}

export interface RequestOutcome {
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** What was asked for was not reached, although the sync went through. */
  readonly failed: boolean;
  /** Where what was asked for decides about it. Default: by the report. */
  readonly exitCode?: number;
  /** The text tells the proof in full, so that the report does not. Default false. */
  readonly tellsProof?: boolean;
  /** Another sync follows, and the report of that one is what is printed. Default false. */
  readonly isPassing?: boolean;
}

/** @returns the exit code @throws SyncError SYNC_ALREADY_RUNNING when another kind of sync runs */
export async function runSync(context: Context, request: SyncRequest): Promise<number> {
  const { output } = context;
  const before = await scheduleState(context);
  const started = await startSync(context, request);
  const { workflowId, runId, joined } = started;
  const link = await linkTo(context, started);
  output.say(joined ? 'A sync is running already:' : 'Sync started:');
  output.say(`  workflow  ${workflowId}`);
  output.say(`  run       ${runId}`);
  if (link !== null) output.say(`  Web UI    ${link}`);
  if (request.detach === true) {
    if (output.json) output.data({ workflowId, runId, webUiUrl: link, joined }, '');
    return EXIT.done;
  }
  const result = await follow(context, started);
  if (result === 'detached') {
    output.notice('Detached; the sync goes on.');
    output.notice(`  to follow it  ${CALLED} sync`);
    output.notice(`  to cancel it  ${CALLED} syncs cancel`);
    return EXIT.failed;
  }
  if (joined && request.anew === true) return runSync(context, { ...request, anew: false });
  const row = await findRow(context, started);
  if (!row) throw await failureOf(started);
  const report = await readWholeReport(await context.db(), row, link);
  const more = await request.outcome?.(report);
  const told = more?.tellsProof === true ? { ...report, proof: {} } : report;
  const text = [reportAsText(told), ...(more ? [more.text] : [])].join('\n');
  if (more?.isPassing !== true) output.data({ ...report, ...more?.json }, text);
  const { endOfOurPause } = await import('../temporal/schedules.js');
  const lifted = await endOfOurPause(await context.temporal(), await context.instanceId(), before);
  if (lifted) output.notice(`The schedule goes on; it was paused for ${lifted}.`);
  const holder = result?.runningWorkflowId;
  if (holder !== undefined) output.notice(`The one that runs: ${holder}`);
  if (more?.exitCode !== undefined) return more.exitCode;
  if (more?.failed === true && report.status === 'completed') return EXIT.problems;
  return report.error?.code === 'NOT_FOUND' ? EXIT.notFound : exitCodeOfStatus(report.status);
}

async function startSync(context: Context, request: SyncRequest): Promise<StartedSync> {
  const instanceId = await context.instanceId();
  const own = context.place.config.instance;
  const { scope, acceptSource } = request;
  const [db, client] = [await context.db(), await context.temporal()];
  if (own?.id === instanceId) await ensureInstance(db, instanceSettings(own));
  const { startAdhocSync } = await import('../temporal/syncs.js');
  const input = { instanceId, trigger: 'cli', scope, acceptSource } as const;
  const started = await startAdhocSync(client, input);
  if (!started.joined) return started;
  const row = await findRow(context, started);
  // To watch something else than what was asked for would look as if it had been done.
  const other = acceptSource || scope.kind !== 'full' || (row && row.scope.kind !== 'full');
  if (other) throw new SyncError('SYNC_ALREADY_RUNNING', { workflow: started.workflowId });
  return started;
}

/**
 * Follows until the sync ends, or the person has seen enough.
 * @returns undefined when it failed or was cancelled: its row tells why
 */
export async function follow(
  context: Context,
  started: Pick<StartedSync, 'handle'>,
): Promise<SyncResult | undefined | 'detached'> {
  const { output } = context;
  const { followSync } = await import('../temporal/follow.js');
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const ended = new AbortController();
  const describe = progressTeller(Date.now);
  let lastAnswerAt = Date.now();
  const tellWaits = waitTeller(output);
  const show: Show = (progress, waits) => {
    lastAnswerAt = Date.now();
    output.progress(`Syncing ${describe(progress)}${waitText(waits)}`);
    tellWaits(waits);
  };
  const watching = warnWithoutWorker(context, () => lastAnswerAt, ended.signal);
  try {
    const result = await followSync(started.handle, show, interrupt.signal);
    output.settle();
    return result;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.settle();
    return 'detached';
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    ended.abort();
    await watching;
  }
}

async function findRow(
  context: Context,
  started: Pick<StartedSync, 'workflowId' | 'runId'>,
): Promise<SyncRow | undefined> {
  const syncId = syncIdOf(await context.instanceId(), started.workflowId, started.runId);
  return findSync(await context.db(), syncId);
}

/** A sync that failed before it could open its row: only Temporal knows why. */
async function failureOf({ handle }: StartedSync): Promise<SyncError> {
  const { ApplicationFailure, WorkflowFailedError } = await import('@temporalio/client');
  const error: unknown = await handle.result().catch((caught: unknown) => caught);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  const code = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
  return new SyncError(isErrorCode(code) ? code : 'INTERNAL', {}, { cause: error });
}

/** Milliseconds without an answer after which the worker is looked for. */
const SILENCE_MS = 4_000;

/** A sync that nobody works on would otherwise be waited for without a word. */
async function warnWithoutWorker(
  context: Context,
  lastAnswerAt: () => number,
  ended: AbortSignal,
): Promise<void> {
  let warnedOf = 0;
  for (;;) {
    await sleep(SILENCE_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    const since = lastAnswerAt();
    if (since === warnedOf || Date.now() - since < SILENCE_MS) continue;
    // Temporal itself may be gone: the following then ends with that.
    const workers = await countWorkers(await context.temporal(), await context.db()).catch(
      () => undefined,
    );
    if (workers !== 0) continue;
    warnedOf = since;
    context.output.notice(`Nothing happens: ${NO_WORKER}. ${START_WORKER}`);
  }
}

/** At the end of the line that is rewritten. */
function waitText(waits: readonly StepWait[]): string {
  return waits.map((wait) => `; waits: ${describeWait(wait)}`).join('');
}

/** Says once of each cause what it is and what to do: the line that is rewritten has no room for it. */
function waitTeller(output: Output): (waits: readonly StepWait[]) => void {
  const told = new Set<string>();
  return (waits) => {
    for (const wait of waits) {
      if (wait.attempt < TOLD_FROM || told.has(wait.code)) continue;
      told.add(wait.code);
      output.notice(`Waiting: ${describeWait(wait)}. ${explainWait(wait)}.`);
    }
  };
}

/** One that fails once is mostly through with the next try. */
const TOLD_FROM = 3;
