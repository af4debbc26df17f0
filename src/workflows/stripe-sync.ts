/**
 * StripeSyncWorkflow: one sync of one instance. Only ids, counts and cursors pass through here; the
 * pay-ins themselves stay in Postgres.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  TemporalFailure,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ProofCursor, ProveResult } from '../engine/posting/prove';
import { describeError, isErrorCode, type ErrorDetails } from '../domain/errors';
import { FEEDS } from '../domain/feeds';
import type { Counts } from '../domain/outcomes';
import { addPage, addRows, NO_PROGRESS, type Progress } from '../domain/progress';
import type { Scope, SyncStatus, Trigger } from '../domain/sync';
import { beginning, fetching, proving, reconciling, saving, sending, settling } from './policies';
import { progressAsMarkdown, progressQuery } from './progress';
import { createReadBack } from './read-back';
import { runSync, type Carried, type RunSteps } from './run';
import { wayOfRun } from './versions';

export interface SyncInput {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** Default: everything new. */
  readonly scope?: Scope;
  /** The owner has confirmed a changed Stripe account or ledger. Default false. */
  readonly acceptSource?: boolean;
  /** What an earlier run of this chain has shown so far. */
  readonly progress?: Progress;
  readonly carried?: Carried;
}

export interface SyncResult {
  readonly syncId: string;
  readonly status: SyncStatus;
  /** Absent when skipped. */
  readonly counts?: Counts;
  /** Set when skipped: who holds the instance. */
  readonly runningWorkflowId?: string;
}

export async function StripeSyncWorkflow(input: SyncInput): Promise<SyncResult> {
  const { instanceId, trigger, scope = { kind: 'full' }, acceptSource = false } = input;
  const firstRunId = workflowInfo().firstExecutionRunId;
  let progress = input.progress ?? NO_PROGRESS;
  setHandler(progressQuery, () => progress, { description: 'Counts of this sync so far' });

  function show(next: Progress): void {
    progress = next;
    setCurrentDetails(progressAsMarkdown(progress));
  }

  let syncId = '';
  const readBack = createReadBack();
  const { isSecondEngine, carriesMovements } = wayOfRun();

  /** After a first failure what is under way ends by itself: an aborted posting would not be counted. */
  const steps: RunSteps = {
    async begin(again) {
      const { beginSync } = beginning(again ? 'plan again' : 'open and plan');
      const opening = { instanceId, trigger, scope, acceptSource, firstRunId };
      const begun = await beginSync({ ...opening, ...(carriesMovements && { movements: true }) });
      ({ syncId } = begun);
      if (begun.kind === 'open') {
        readBack.plan(begun.windows);
        show({ ...progress, syncId });
      }
      return begun;
    },
    async fetch({ windowId, feed }, cursor, mayCut) {
      const from = cursor === null ? 'start' : `after ${cursor}`;
      const summary = `${FEEDS[feed].text}: ${from}`;
      const page = { instanceId, syncId, windowId, cursor, mayCut };
      switch (feed) {
        case 'earlier_rows':
        case 'balance_transactions': {
          const settled = await settling(summary, feed).settleMovements(page);
          if (settled.kind === 'page') {
            readBack.page({ windowId, feed }, settled);
            show(addRows(progress, settled.rows ?? 0, settled.booked, readBack.of(feed)));
          }
          return settled;
        }
        case 'follow_ups':
          return settling(summary, feed).settleFollowUps(page);
        default:
          return fetching(summary, feed).fetchPayIns(page);
      }
    },
    async send({ feed, pageId, count }, { alone, failingSince }) {
      const again = alone ? ', again' : '';
      const { sendPayInsToBlnk } = sending(`${textOf(count)}${again}`, feed);
      const page = { instanceId, syncId, pageId };
      if (!isSecondEngine) {
        await sendPayInsToBlnk(page);
        return { kind: 'done' };
      }
      const known = failingSince !== undefined && { failingSince };
      return sendPayInsToBlnk({ ...page, mayStepAside: true, alone, ...known });
    },
    async save({ feed, pageId, count }, handled) {
      const { saveSyncRecord } = saving(textOf(count), feed);
      const counts = await saveSyncRecord({ instanceId, syncId, pageId });
      if (handled) show(addPage(progress, counts));
    },
    wait: (ms) => {
      show({ ...progress, phase: 'settling' });
      return sleep(ms);
    },
    finish() {
      show({ ...progress, phase: 'finishing' });
      const { finishSync } = saving('close');
      const closing = { instanceId, firstRunId, outcome: 'completed' } as const;
      return finishSync({
        ...closing,
        ...(isSecondEngine && { mayPlanAgain: true }),
        ...(carriesMovements && { movements: true }),
      });
    },
    async prove(inDoubt) {
      if (!isSecondEngine || (!inDoubt && progress.pages === 0)) return true;
      let from: ProofCursor | null = null;
      for (let part = 1; ; part += 1) {
        show({ ...progress, phase: 'proving' });
        const { provePostings } = proving(`ask the ledger again, part ${part}`);
        const proof: ProveResult = await provePostings({ instanceId, syncId, from });
        if (proof.kind !== 'more') return proof.kind === 'proven';
        from = proof.next;
      }
    },
    async reconcile() {
      show({ ...progress, phase: 'reconciling' });
      const result = await reconciling('hold the ledger against Stripe').reconcile({
        instanceId,
        syncId,
      });
      return result.kind === 'done';
    },
    isFull: () => workflowInfo().continueAsNewSuggested,
    onFeed: (feed) => show({ ...progress, phase: feed }),
  };
  const textOf = (count: number) => `${count} pay-ins, page ${progress.pages + 1}`;

  try {
    const end = await runSync(steps, input.carried);
    switch (end.kind) {
      case 'skipped':
        return { syncId, status: 'skipped', runningWorkflowId: end.by.runningWorkflowId };
      case 'closed':
        return end.result;
      case 'full':
        return await continueAsNew<typeof StripeSyncWorkflow>({
          ...input,
          progress,
          carried: end.carried,
        });
      case 'expired':
        throw failure('INTERNAL', {});
      case 'reopened':
        throw failure('NOT_FINISHED', {});
      case 'forgotten':
        throw failure('LEDGER_FORGETS', {});
    }
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const cancelled = isCancellation(error);
    const cause = cancelled ? undefined : causeOf(error);
    if (cause) log.warn('sync failed', { code: cause.code });
    await CancellationScope.nonCancellable(() =>
      saving(cancelled ? 'close, cancelled' : 'close, failed').finishSync({
        instanceId,
        firstRunId,
        outcome: cancelled ? 'cancelled' : 'failed',
        ...(cause && { error: cause }),
      }),
    );
    throw cause ? failure(cause.code, cause.details, cause.message) : error;
  }
}

interface Cause {
  readonly code: string;
  readonly details: ErrorDetails;
  readonly message?: string;
}

/** The code that an activity gave, or TIMED_OUT when it gave none within its time. */
function causeOf(error: unknown): Cause {
  let timedOut = false;
  for (let at: unknown = error; at instanceof TemporalFailure; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type) {
      const details = (at.details?.[0] ?? {}) as ErrorDetails;
      return { code: at.type, details, message: at.message };
    }
    timedOut ||= at instanceof TimeoutFailure;
  }
  return { code: timedOut ? 'TIMED_OUT' : 'INTERNAL', details: {} };
}

function failure(code: string, details: ErrorDetails, message?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: message ?? describeError(isErrorCode(code) ? code : 'INTERNAL'),
    details: [details],
    nonRetryable: true,
  });
}
