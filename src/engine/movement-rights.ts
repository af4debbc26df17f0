/** Which of the rights that movements are read with a key lacks: each is tried by a read. */
import { SyncError } from '../domain/errors';
import {
  ALL_MOVEMENT_RIGHTS,
  isMovementRight,
  MOVEMENT_RIGHTS,
  type MovementRight,
} from '../domain/stripe-rights';
import type { StripeReader } from '../stripe/client';

const SOURCES = 'rak_balance_transaction_source_read';

/** @throws SyncError STRIPE_*, but for a right that is missing */
export async function lacksRight(
  stripe: Pick<StripeReader, 'tryRight'>,
  right: MovementRight,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await stripe.tryRight(right, signal);
    return false;
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING')) throw error;
    const lacking = error.details['permission'];
    // Refused for what the newest movement came from, which is a right of its own.
    const isOther = isMovementRight(lacking) && MOVEMENT_RIGHTS[lacking].opens.length > 0;
    return !(right === SOURCES && isOther);
  }
}

/** All of them at once. */
export async function lackingRights(
  stripe: Pick<StripeReader, 'tryRight'>,
  signal: AbortSignal,
  rights: readonly MovementRight[] = ALL_MOVEMENT_RIGHTS,
): Promise<MovementRight[]> {
  const lacks = await Promise.all(rights.map((right) => lacksRight(stripe, right, signal)));
  return rights.filter((_, at) => lacks[at]);
}

export const NEEDED_RIGHTS = ALL_MOVEMENT_RIGHTS.filter((right) => MOVEMENT_RIGHTS[right].isNeeded);
