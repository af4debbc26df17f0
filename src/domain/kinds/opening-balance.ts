/** What Stripe held of a currency at the cut-over, computed and confirmed once. */
import { accountOf } from '../accounts';
import type { BalanceNames } from '../balances';
import { openingReferenceOf } from '../ids';
import type { Leg } from '../leg';
import { rfc3339 } from '../posting';

export interface Opening {
  readonly stripeAccount: string;
  /** Upper case. */
  readonly currency: string;
  /** Unix seconds. */
  readonly cutOver: number;
  /** Minor units; negative: Stripe was owed money. */
  readonly amount: bigint;
}

/** @returns none for zero */
export function openingBalanceLegs(opening: Opening, balances: BalanceNames): Leg[] {
  const { stripeAccount, currency, cutOver, amount } = opening;
  if (amount === 0n) return [];
  const own = accountOf('opening', balances);
  const [from, to] = amount < 0n ? [own, balances.source] : [balances.source, own];
  return [
    {
      reference: openingReferenceOf(stripeAccount, currency, rfc3339(cutOver).slice(0, 10)),
      kind: 'opening_balance',
      leg: 'opening',
      from,
      to,
      amount: amount < 0n ? -amount : amount,
      currency,
      datedAt: cutOver,
      metadata: { stripe_sync: { leg: 'opening' } },
      also: { from: [], to: [], customerIds: [] },
      fault: null,
    },
  ];
}
