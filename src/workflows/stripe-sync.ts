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
  TemporalFailure,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { WindowToRead } from '../activities/begin-sync';
import type { ProofCursor, ProveResult } from '../activities/prove-postings';
import { describeError, type ErrorDetails } from '../domain/errors';
import type { Counts, Scope, SyncStatus, Trigger } from '../domain/sync';
import { beginning, fetching, proving, saving, sending } from './policies';
import {
  addPage,
  FEED_TEXT,
  NO_PROGRESS,
  progressAsMarkdown,
  progressQuery,
  type Progress,
} from './progress';
import { readWindows, type ReadOutcome } from './reading';
import { isSecondEngine } from './versions';

export interface SyncInput {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** Default: everything new. */
  readonly scope?: Scope;
  /** The owner has confirmed a changed Stripe account or ledger. Default false. */
  readonly acceptSource?: boolean;
  /** What an earlier run of this chain has shown so far. */
  readonly progress?: Progress;
}

export interface SyncResult {
  readonly syncId: string;
  readonly status: SyncStatus;
  /** Absent when skipped. */
  readonly counts?: Counts;
  /** Set when skipped: who holds the instance. */
  readonly runningWorkflowId?: string;
}

/**
 * Plans of one run: a watermark that expires twice in a row says that Stripe's time is wrong, and a ledger that
 * has lost something each time it is asked is no ledger to complete on.
 */
const MAX_PLANS = 3;

export async function StripeSyncWorkflow(input: SyncInput): Promise<SyncResult> {
  const { instanceId, trigger, scope = { kind: 'full' }, acceptSource = false } = input;
  const firstRunId = workflowInfo().firstExecutionRunId;
  const secondEngine = isSecondEngine();
  let progress = input.progress ?? NO_PROGRESS;
  setHandler(progressQuery, () => progress, { description: 'Counts of this sync so far' });

  function show(next: Progress): void {
    progress = next;
    setCurrentDetails(progressAsMarkdown(progress));
  }

  /** After a first failure what is under way ends by itself: an aborted posting would not be counted. */
  function readPlan(syncId: string, windows: readonly WindowToRead[]): Promise<ReadOutcome> {
    return readWindows(windows, {
      fetch({ windowId, feed }, cursor, mayCut) {
        const from = cursor === null ? 'start' : `after ${cursor}`;
        const { fetchPayIns } = fetching(`${FEED_TEXT[feed]}: ${from}`, feed);
        return fetchPayIns({ instanceId, syncId, windowId, cursor, mayCut });
      },
      async handle({ feed, pageId, count }) {
        const what = `${count} pay-ins, page ${progress.pages + 1}`;
        await sending(what, feed).sendPayInsToBlnk({ instanceId, syncId, pageId });
        const counts = await saving(what, feed).saveSyncRecord({ instanceId, syncId, pageId });
        show(addPage(progress, counts));
      },
      isFull: () => workflowInfo().continueAsNewSuggested,
      onFeed: (feed) => show({ ...progress, phase: feed }),
    });
  }

  /** Whether the ledger still holds what it has acknowledged. What it does not is staged again. */
  async function isProven(syncId: string): Promise<boolean> {
    let from: ProofCursor | null = null;
    for (let part = 1; ; part += 1) {
      show({ ...progress, phase: 'proving' });
      const { provePostings } = proving(`ask the ledger again, part ${part}`);
      const proof: ProveResult = await provePostings({ instanceId, syncId, from });
      if (proof.kind !== 'more') return proof.kind === 'proven';
      from = proof.next;
    }
  }

  async function readAll(): Promise<SyncResult | undefined> {
    let outcome: ReadOutcome | 'forgotten' = 'done';
    for (let plan = 1; plan <= MAX_PLANS; plan += 1) {
      const begun = await beginning(plan === 1 ? 'open and plan' : 'plan again').beginSync({
        instanceId,
        trigger,
        scope,
        acceptSource,
        firstRunId,
      });
      const { syncId } = begun;
      if (begun.kind === 'skipped') {
        return { syncId, status: 'skipped', runningWorkflowId: begun.runningWorkflowId };
      }
      show({ ...progress, syncId });
      outcome = await readPlan(syncId, begun.windows);
      switch (outcome) {
        case 'done': {
          const mayBeGone = secondEngine && (begun.inDoubt !== false || progress.pages > 0);
          if (!mayBeGone || (await isProven(syncId))) return undefined;
          outcome = 'forgotten';
          break;
        }
        case 'full':
          // beginSync of the next run finds the windows and their cursors in Postgres.
          await continueAsNew<typeof StripeSyncWorkflow>({ ...input, progress });
          break;
        case 'expired':
      }
    }
    throw failure(outcome === 'forgotten' ? 'LEDGER_FORGETS' : 'INTERNAL', {});
  }

  try {
    const skipped = await readAll();
    if (skipped) return skipped;
    show({ ...progress, phase: 'finishing' });
    const { finishSync } = saving('close');
    return await finishSync({ instanceId, firstRunId, outcome: 'completed' });
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

/** Codes that no activity has given. */
function isOwn(code: string): code is 'TIMED_OUT' | 'LEDGER_FORGETS' {
  return code === 'TIMED_OUT' || code === 'LEDGER_FORGETS';
}

function failure(code: string, details: ErrorDetails, message?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: message ?? describeError(isOwn(code) ? code : 'INTERNAL'),
    details: [details],
    nonRetryable: true,
  });
}
