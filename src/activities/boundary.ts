/**
 * The one place where errors become Temporal failures. A failure carries a code, its text from our own
 * table and ids; anything else stays in the worker's log.
 */
import { setMaxListeners } from 'node:events';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { SyncError } from '../domain/errors';
import type { ActivityDeps } from './deps';

/** What an activity knows of its own attempt. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Shown with the next heartbeat, as a sign of progress; a retry goes by the rows in Postgres. */
  handled(count: number): void;
  /** Something got through: a fault that follows starts its time anew. */
  succeeded(): void;
}

/**
 * Heartbeats carry cancellation to the HTTP calls. A page that is done sooner sends none, and so costs
 * no billable action.
 */
const BEAT_MS = 2_000;

type Answered = () => boolean;

/**
 * Runs an activity's work and converts what it throws. A fault that can pass stays retryable until it
 * has lasted `patience` without a success; then the sync ends.
 * @param answered whether the host that the code names has ever answered
 */
export async function guarded<T>(
  deps: ActivityDeps,
  work: (attempt: Attempt) => Promise<T>,
  answered: { readonly stripe: Answered; readonly blnk: Answered } = NEVER_ASKED,
): Promise<T> {
  const context = Context.current();
  const { info, cancellationSignal: signal } = context;
  // Milliseconds since the activity was scheduled. Between attempts by Temporal's clock, within one by
  // ours: the two may differ by hours. A first attempt starts now, however long it waited for a worker.
  const before =
    info.attempt === 1 ? 0 : info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
  const begunAt = performance.now();
  const elapsedMs = () => before + performance.now() - begunAt;
  const progress = { handled: 0, lastSuccessMs: lastSuccessOf(info.heartbeatDetails) };
  const details = () => ({
    handled: progress.handled,
    lastSuccess: `${Math.round(progress.lastSuccessMs)}ms`,
  });
  // Each request of a page listens to it.
  setMaxListeners(0, signal);
  const attempt: Attempt = {
    signal,
    handled(count) {
      progress.handled = count;
    },
    succeeded() {
      progress.lastSuccessMs = elapsedMs();
    },
  };
  const beating = setInterval(() => context.heartbeat(details()), BEAT_MS);
  try {
    return await work(attempt);
  } catch (error) {
    // Rejects with Temporal's own CancelledFailure.
    if (signal.aborted) await context.cancelled;
    const fault =
      error instanceof SyncError ? error : new SyncError('INTERNAL', {}, { cause: error });
    deps.log.warn(
      {
        activity: info.activityType,
        workflowId: info.workflowExecution?.workflowId,
        attempt: info.attempt,
        code: fault.code,
        details: fault.details,
        // Our own faults are ours to find; those of others may quote what must not be logged.
        ...(fault.code === 'INTERNAL' && { stack: stackOf(error) }),
      },
      'activity.failed',
    );
    const known = fault.code.startsWith('BLNK_') ? answered.blnk() : answered.stripe();
    const limit = known ? deps.patience.silenceMs : deps.patience.neverAnsweredMs;
    const lasted = elapsedMs() - progress.lastSuccessMs;
    throw toApplicationFailure(fault, fault.retryable && (isOurs(fault) || lasted < limit));
  } finally {
    clearInterval(beating);
  }
}

/** Activities that ask only our own parts leave the end to Temporal's total time limit. */
const NEVER_ASKED = { stripe: () => false, blnk: () => false };

function isOurs(fault: SyncError): boolean {
  return !/^(STRIPE|BLNK)_/.test(fault.code) && fault.code !== 'INTERNAL';
}

function toApplicationFailure(fault: SyncError, retryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({
    type: fault.code,
    message: fault.message,
    details: [fault.details],
    nonRetryable: !retryable,
    ...(fault.retryAfterMs !== undefined && { nextRetryDelay: fault.retryAfterMs }),
  });
}

/** Heartbeat details come from an earlier version perhaps: anything unknown counts as no success. */
function lastSuccessOf(details: unknown): number {
  const text = (details as { lastSuccess?: unknown } | undefined)?.lastSuccess;
  return typeof text === 'string' && /^\d{1,15}ms$/.test(text) ? Number.parseInt(text, 10) : 0;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : typeof error;
}
