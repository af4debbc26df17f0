/** A step of a run that has failed and is tried again: what it waits for. */
import { errorInfo, type ErrorCode, type ErrorDetails } from './errors';
import { formatTime } from './text';

export interface StepWait {
  /** The activity, as Temporal names it. */
  readonly step: string;
  readonly code: ErrorCode;
  /** Ids, hosts and system codes that came with it. */
  readonly details: ErrorDetails;
  /** The attempt that is under way or comes next. */
  readonly attempt: number;
  /** null: it is under way. */
  readonly nextTry: Date | null;
}

/** "STRIPE_UNAVAILABLE (host api.stripe.com), attempt 4, next try 2026-01-31 08:15:00 UTC". */
export function describeWait({ code, details, attempt, nextTry }: StepWait): string {
  const to = Object.entries(details).map(([key, value]) => `${key} ${value}`);
  const where = to.length === 0 ? '' : ` (${to.join(', ')})`;
  const when = nextTry === null ? 'under way' : `next try ${formatTime(nextTry)}`;
  return `${code}${where}, attempt ${attempt}, ${when}`;
}

/** What is waited for, and what to do about it, without a full stop at its end. */
export function explainWait({ code }: Pick<StepWait, 'code'>): string {
  const { what, next } = errorInfo(code);
  return `${what}. ${next.replace(/\.$/, '')}`;
}

/** The one of each code that has been tried most often: many pages wait for the same. */
export function distinctWaits(waits: readonly StepWait[]): StepWait[] {
  const byCode = new Map<ErrorCode, StepWait>();
  for (const wait of waits) {
    const known = byCode.get(wait.code);
    if (!known || known.attempt < wait.attempt) byCode.set(wait.code, wait);
  }
  return [...byCode.values()];
}
