/** What Stripe held of a currency at the cut-over, computed and confirmed once. */
import { accountOf } from '../movements/accounts';
import type { BalanceNames } from '../balances';
import { openingReferenceOf } from '../ids';
import type { Leg } from '../movements/leg';
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

/** What tells which pay-ins it counts. */
export interface CountedBy {
  /** By the ledger's clock: what it took from then on is not counted. */
  readonly countedTo: Date;
  /** By our clock: pay-ins whose row Stripe had listed by then are not counted. */
  readonly openedAt: Date;
}

/** Its posting says it as well: when that was posted tells less, and a lost database nothing. */
export function sayingWhatItCounts(leg: Leg, { countedTo, openedAt }: CountedBy): Leg {
  const [counted_to, opened_at] = [countedTo.toISOString(), openedAt.toISOString()];
  const own = { ...leg.metadata.stripe_sync, counted_to, opened_at };
  return { ...leg, metadata: { ...leg.metadata, stripe_sync: own } };
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
