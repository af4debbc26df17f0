/**
 * Pay-ins that a person has closed. They may be booked by hand, under whatever reference, so they are
 * never posted by themselves again: not by a listing, and not when Stripe changes them.
 */
import { isReasonCode, type ReasonCode } from './reasons';

export interface Closing {
  /** null: open, or open again since Stripe has changed it. */
  readonly closedAt: Date | null;
  /** null: never closed by a person. */
  readonly closedBy: string | null;
  /** Why it is, or was, set aside. */
  readonly reason: string | null;
}

/** The reason for which it stays aside instead of being posted; null: it may be posted. */
export function keptAside({ closedAt, closedBy, reason }: Closing): ReasonCode | null {
  if (closedBy === null) return null;
  const stays = closedAt !== null && reason !== null && isReasonCode(reason);
  return stays ? reason : 'CHANGED_SINCE_CLOSED';
}
