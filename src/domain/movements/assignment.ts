/** What a person makes of money in suspense: on to the balance where it belongs, leg by leg. */
import { accountOf } from './accounts';
import type { BalanceNames } from '../balances';
import { legReferenceOf } from '../ids';
import type { Leg } from './leg';

export interface AssignmentNote {
  readonly by: string;
  readonly note: string;
}

/** Whether one of its balances is that of suspense, which it has not come from by an assignment. */
export function isInSuspense({ leg, from, to }: Leg, balances: BalanceNames): boolean {
  const suspense = accountOf('suspense', balances);
  return leg !== 'assigned' && (from === suspense) !== (to === suspense);
}

/**
 * The leg that takes another one out of suspense, in its direction, amount and date. Whatever is known later of the
 * row, this stays what the person has decided.
 */
export function assignedLeg(
  leg: Leg,
  to: string,
  balances: BalanceNames,
  { by, note }: AssignmentNote,
): Leg {
  const suspense = accountOf('suspense', balances);
  const [source, destination] = leg.to === suspense ? [suspense, to] : [to, suspense];
  return {
    reference: legReferenceOf(leg.reference, 'assigned'),
    kind: 'suspense',
    leg: 'assigned',
    from: source,
    to: destination,
    amount: leg.amount,
    currency: leg.currency,
    datedAt: leg.datedAt,
    metadata: { ...leg.metadata, stripe_sync: { leg: 'assigned', by, note } },
    also: { from: [], to: [], customerIds: [] },
    fault: null,
  };
}

/** Why no assignment may go there; null: it may. */
export function whyNotTo(to: string, balances: BalanceNames): string | null {
  if (!/^@[A-Za-z0-9_:-]{1,255}$/.test(to)) {
    return 'must be the name of a balance, as @stripe-fees-services or @cus_3Abc…';
  }
  // What stands for Stripe's balance moves by Stripe's rows alone.
  if (to === balances.source) return 'must not be the balance that stands for Stripe’s';
  if (to === accountOf('suspense', balances)) return 'must not be that of suspense itself';
  return null;
}
