/** What a failed Stripe call means. Only fixed words, status codes and ids come out of here. */
import Stripe from 'stripe';
import { SyncError } from '../domain/errors';

const REQUEST_ID = /^req_[A-Za-z0-9]{1,64}$/;
const PERMISSION = /\brak_[a-z_]{1,60}\b/;
const LIMIT_REASONS = [
  'global-rate',
  'global-concurrency',
  'endpoint-rate',
  'endpoint-concurrency',
  'resource-specific',
];

/** Longest wait that we take from a Retry-After header. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

export function toSyncError(error: unknown): SyncError {
  if (error instanceof SyncError) return error;
  if (!(error instanceof Stripe.errors.StripeError)) {
    return new SyncError('STRIPE_UNAVAILABLE', {}, { cause: error });
  }
  const request = REQUEST_ID.test(error.requestId ?? '') ? { request: error.requestId ?? '' } : {};
  const status = error.statusCode === undefined ? {} : { status: error.statusCode };
  const cause = { cause: error };
  if (error instanceof Stripe.errors.StripeAuthenticationError) {
    return new SyncError('STRIPE_KEY_REJECTED', request, cause);
  }
  if (error instanceof Stripe.errors.StripePermissionError) {
    const permission = PERMISSION.exec(error.message)?.[0] ?? 'not named by Stripe';
    return new SyncError('STRIPE_PERMISSION_MISSING', { permission, ...request }, cause);
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
  return new SyncError('STRIPE_UNAVAILABLE', { ...status, ...request }, cause);
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
