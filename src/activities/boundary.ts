/**
 * The one place where errors become Temporal failures. A failure carries a code, its text from our own
 * table and ids; anything else stays in the worker's log.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { SyncError } from '../domain/errors';
import type { Attempt } from '../engine/attempt';
import type { EngineDeps } from '../engine/deps';
import { createSilence } from '../engine/reading/silence';

/**
 * Heartbeats carry cancellation to the HTTP calls. A page that is done sooner sends none, and so costs
 * no billable action.
 */
const BEAT_MS = 2_000;

/** Whether the hosts have ever answered: the one that a code names is asked about. */
export interface Answered {
  readonly stripe: () => Promise<boolean>;
  readonly blnk: () => Promise<boolean>;
  /** Whether the instance has ever posted: then both of its keys have worked. */
  readonly hasPosted: () => Promise<boolean>;
}

/** Milliseconds that an attempt gets in any case, however long those before it were silent. */
const LEAST_MS = 10_000;

/**
 * Runs an activity's work and converts what it throws. A fault that can pass stays retryable until it
 * has lasted `patience` without a success; then the sync ends. What hangs for so long is ended.
 * @param answered undefined: the work asks only our own parts, and has Temporal's total time limit
 */
export async function guarded<T>(
  deps: EngineDeps,
  work: (attempt: Attempt) => Promise<T>,
  answered?: Answered,
): Promise<T> {
  const context = Context.current();
  const { info, cancellationSignal } = context;
  const { silenceMs } = deps.patience;
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
  const silence = createSilence(
    cancellationSignal,
    answered
      ? { leftMs: leftOf(silenceMs, before - progress.lastSuccessMs), limitMs: leftOf(silenceMs) }
      : { leftMs: NO_LIMIT_MS, limitMs: NO_LIMIT_MS },
    () => new SyncError('TIMED_OUT', { activity: info.activityType }),
  );
  const attempt: Attempt = {
    signal: silence.signal,
    handled(count) {
      progress.handled = count;
    },
    succeeded() {
      progress.lastSuccessMs = elapsedMs();
      silence.succeeded();
    },
  };
  const beating = setInterval(() => context.heartbeat(details()), BEAT_MS);
  try {
    return await work(attempt);
  } catch (error) {
    // Rejects with Temporal's own CancelledFailure.
    if (cancellationSignal.aborted) await context.cancelled;
    const fault = faultOf(silence.isOver ? silence.signal.reason : error);
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
    if (isRefusedKey(fault)) {
      const limit = await patienceWithKey(deps, answered);
      throw toApplicationFailure(fault, elapsedMs() - progress.lastSuccessMs < limit);
    }
    const lasted = elapsedMs() - progress.lastSuccessMs;
    const retryable =
      fault.retryable && (isOurs(fault) || lasted < (await patienceWith(fault, deps, answered)));
    throw toApplicationFailure(fault, retryable);
  } finally {
    clearInterval(beating);
    silence.stop();
  }
}

/** A day: what Temporal's own limits allow at most. */
const NO_LIMIT_MS = 86_400_000;

function leftOf(silenceMs: number, lastedMs = 0): number {
  return Math.max(silenceMs - lastedMs, LEAST_MS);
}

/** A host that has never answered, in no process, is most likely a wrong address. */
async function patienceWith(
  fault: SyncError,
  { patience }: EngineDeps,
  answered: Answered | undefined,
): Promise<number> {
  const known = fault.side === 'blnk' ? answered?.blnk : answered?.stripe;
  return (await known?.()) === true ? patience.silenceMs : patience.neverAnsweredMs;
}

/** A key that never worked is wrong; of one that has, a refusal is believed only over minutes. */
async function patienceWithKey(
  { patience }: EngineDeps,
  answered: Answered | undefined,
): Promise<number> {
  const { refusedMs, neverAnsweredMs } = patience;
  return (await answered?.hasPosted()) === true ? refusedMs : Math.min(refusedMs, neverAnsweredMs);
}

function faultOf(error: unknown): SyncError {
  return error instanceof SyncError ? error : new SyncError('INTERNAL', {}, { cause: error });
}

/** Said by Stripe or Blnk; a right that was not granted to begin with is our own knowledge, and certain. */
function isRefusedKey({ refusesKey, side, details }: SyncError): boolean {
  return refusesKey && !(side === 'blnk' && details['status'] === undefined);
}

function isOurs({ side, code }: SyncError): boolean {
  return side === 'ours' && code !== 'INTERNAL';
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
