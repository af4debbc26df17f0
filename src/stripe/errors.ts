/** What a failed Stripe call means. Only fixed words, status codes and ids come out of here. */
import Stripe from 'stripe';
import { isOfWholeKey } from '../domain/advice';
import { SyncError } from '../domain/errors';

const REQUEST_ID = /^req_[A-Za-z0-9]{1,64}$/;
const PERMISSION = /\brak_[a-z_]{1,60}\b/;
/** Stripe's own code of an error; never what looks like a key or an id. */
const CODE = /^(?!(sk|rk|pk|pi|ch|cus|py|in|acct|evt|req|whsec)_)[a-z]{2,40}(_[a-z]{1,40}){0,8}$/;
const LIMIT_REASONS = [
  'global-rate',
  'global-concurrency',
  'endpoint-rate',
  'endpoint-concurrency',
  'resource-specific',
];

/** Longest wait that we take from a Retry-After header. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/** @param host that was asked, for a person who reads that nothing came back from it */
export function toSyncError(error: unknown, host: string): SyncError {
  if (error instanceof SyncError) return error;
  const ours = causesOf(error).find((at) => at instanceof SyncError);
  if (ours) return ours;
  if (!(error instanceof Stripe.errors.StripeError)) {
    return new SyncError('STRIPE_UNAVAILABLE', { host, ...networkCause(error) }, { cause: error });
  }
  const request = REQUEST_ID.test(error.requestId ?? '') ? { request: error.requestId ?? '' } : {};
  const status = error.statusCode === undefined ? {} : { status: error.statusCode };
  const cause = { cause: error };
  const code = CODE.test(error.code ?? '') ? { code: error.code ?? '' } : {};
  if (error instanceof Stripe.errors.StripeAuthenticationError) {
    return new SyncError('STRIPE_KEY_REJECTED', { ...code, ...request }, cause);
  }
  if (error instanceof Stripe.errors.StripePermissionError) {
    const named = PERMISSION.exec(error.message)?.[0];
    if (named === undefined && isOfWholeKey(code.code ?? '')) {
      return new SyncError('STRIPE_KEY_REJECTED', { ...code, ...request }, cause);
    }
    const permission = named ?? 'not named by Stripe';
    return new SyncError('STRIPE_PERMISSION_MISSING', { permission, ...code, ...request }, cause);
  }
  if (error instanceof Stripe.errors.StripeRateLimitError || error.statusCode === 429) {
    return rateLimited(error, request);
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    // Whatever is wrong with a cursor that Stripe itself gave: the window is read from its start.
    if (error.param === 'starting_after')
      return new SyncError('STRIPE_CURSOR_DEAD', request, cause);
    return new SyncError('STRIPE_REFUSED', { ...status, ...request }, cause);
  }
  // Connection faults, 5xx, 409, HTML and truncated bodies: stripe-node gives the last two no status.
  const network = error.statusCode === undefined ? { host, ...networkCause(error) } : {};
  return new SyncError('STRIPE_UNAVAILABLE', { ...status, ...network, ...request }, cause);
}

/** An error and what it was made of; stripe-node keeps that in a field of its own. */
function causesOf(error: unknown): unknown[] {
  const all: unknown[] = [];
  let at = error;
  while (typeof at === 'object' && at !== null && !all.includes(at)) {
    all.push(at);
    const { cause, detail } = at as { cause?: unknown; detail?: unknown };
    at = cause ?? detail;
  }
  return all;
}

/** The system's code of a connection that failed; fetch names a port that it refuses in words only. */
function networkCause(error: unknown): Record<string, string> {
  for (const at of causesOf(error)) {
    const { code, message } = at as { code?: unknown; message?: unknown };
    if (message === 'bad port') return { cause: 'BAD_PORT' };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,59}$/.test(code)) return { cause: code };
  }
  return {};
}

function rateLimited(
  error: InstanceType<typeof Stripe.errors.StripeError>,
  request: Record<string, string>,
): SyncError {
  const reason = error.headers?.['stripe-rate-limited-reason'] ?? '';
  const retryAfter = Number(error.headers?.['retry-after']);
  return new SyncError(
    'STRIPE_RATE_LIMITED',
    { ...(LIMIT_REASONS.includes(reason) && { reason }), ...request },
    {
      cause: error,
      ...(retryAfter > 0 && { retryAfterMs: Math.min(retryAfter * 1000, MAX_RETRY_AFTER_MS) }),
    },
  );
}
