/** What Stripe may refuse to tell of movements, without which pay-ins go on. */
import { SyncError } from '../../domain/errors';

/** A right that is missing, a request that is refused, and an answer of a form that nobody knows. */
const UNREAD: ReadonlySet<string> = new Set([
  'STRIPE_PERMISSION_MISSING',
  'STRIPE_REFUSED',
  'STRIPE_BAD_ANSWER',
]);

/** Stripe is down or has no time: what is asked again later may be answered. */
export const NOT_NOW: ReadonlySet<string> = new Set(['STRIPE_UNAVAILABLE', 'STRIPE_RATE_LIMITED']);

/** No fault of the network, and none of the whole key: whatever is asked again is answered the same way. */
export function isUnread(error: unknown): error is SyncError {
  return error instanceof SyncError && UNREAD.has(error.code);
}

/** The same, and what may be answered later: of what a run can do without, it is asked again by the next one. */
export function isUnreadNow(error: unknown): error is SyncError {
  return isUnread(error) || (error instanceof SyncError && NOT_NOW.has(error.code));
}

/** As `isUnread`, and a list that Stripe ends again and again before its end. */
export function isUnreadList(error: unknown): error is SyncError {
  return isUnread(error) || (error instanceof SyncError && error.code === 'STRIPE_CURSOR_DEAD');
}
