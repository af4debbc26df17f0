/** Which of the rights that movements are read with a key lacks: each is tried by a read. */
import { SyncError, type ErrorCode } from '../../domain/errors';
import {
  ALL_MOVEMENT_RIGHTS,
  isMovementRight,
  MOVEMENT_RIGHTS,
  type MovementRight,
} from '../../domain/movements/stripe-rights';
import type { StripeReader } from '../../stripe/client';

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

export interface RightsSeen {
  readonly lacking: readonly MovementRight[];
  /** Those of which Stripe has said neither that the key has them nor that it lacks them. */
  readonly unclear: readonly { readonly right: MovementRight; readonly code: ErrorCode }[];
}

/** All of them at once, whatever Stripe answers. What may pass by itself is asked a second time. */
export async function lookAtRights(
  stripe: Pick<StripeReader, 'tryRight'>,
  signal: AbortSignal,
  rights: readonly MovementRight[] = ALL_MOVEMENT_RIGHTS,
): Promise<RightsSeen> {
  const seen = await Promise.all(
    rights.map(async (right) => ({ right, is: await seenOf(stripe, right, signal) })),
  );
  return {
    lacking: seen.flatMap(({ right, is }) => (is === 'lacking' ? [right] : [])),
    unclear: seen.flatMap(({ right, is }) =>
      is === 'lacking' || is === 'there' ? [] : [{ right, code: is }],
    ),
  };
}

async function seenOf(
  stripe: Pick<StripeReader, 'tryRight'>,
  right: MovementRight,
  signal: AbortSignal,
): Promise<'there' | 'lacking' | ErrorCode> {
  for (let isAgain = false; ; isAgain = true) {
    try {
      return (await lacksRight(stripe, right, signal)) ? 'lacking' : 'there';
    } catch (error) {
      if (signal.aborted || !(error instanceof SyncError)) throw error;
      if (isAgain || !error.retryable) return error.code;
    }
  }
}

export const NEEDED_RIGHTS = ALL_MOVEMENT_RIGHTS.filter((right) => MOVEMENT_RIGHTS[right].isNeeded);
