/**
 * Stripe's answer to too many requests. Its real limits are not published: this one allows a second's
 * worth at once and refills evenly, so a client that keeps to the rate never meets it.
 */
import type { Reply } from '../exchange';
import { Refusal } from './refusal';

/**
 * @param perSecond requests
 * @param nowMs a clock that never goes back
 * @returns what refuses a request: the 429, or null
 */
export function createRateLimit(
  perSecond: number,
  nowMs: () => number = () => performance.now(),
): () => Reply | null {
  let left = perSecond;
  let at = nowMs();
  return () => {
    const now = nowMs();
    left = Math.min(perSecond, left + ((now - at) / 1000) * perSecond);
    at = now;
    if (left >= 1) {
      left -= 1;
      return null;
    }
    const message = 'Too many requests. Please slow down.';
    return new Refusal(
      429,
      { type: 'invalid_request_error', code: 'rate_limit', message },
      { 'Stripe-Rate-Limited-Reason': 'global-rate' },
    ).toReply();
  };
}
