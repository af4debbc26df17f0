/** Whether a key may read by now what it could not: rows whose sources were hidden are then read again. */
import { isMovementRight } from '../../domain/movements/stripe-rights';
import type { StripeReader } from '../../stripe/client';
import { isUnreadNow } from '../reading/unread';

/**
 * One read for each right that was missing.
 * @param missing by Stripe's names; one that is not known cannot be tried
 */
export async function areRightsBack(
  stripe: Pick<StripeReader, 'tryRight'>,
  missing: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const right of missing.filter(isMovementRight)) {
    try {
      await stripe.tryRight(right, signal);
    } catch (error) {
      if (isUnreadNow(error)) return false;
      throw error;
    }
  }
  return missing.some(isMovementRight);
}
