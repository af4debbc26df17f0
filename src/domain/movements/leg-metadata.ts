/** What the ledger is told of a leg, beside its money: Stripe's ids, and ours. */
import type { BalanceTransaction } from './balance-transaction';
import type { LegName } from '../ids';
import { isDatable, rfc3339 } from '../posting';

/** Flat, since Blnk filters by top-level keys alone. */
export interface LegMetadata {
  readonly stripe_balance_transaction_id?: string;
  readonly stripe_category?: string;
  readonly stripe_payment_intent_id?: string;
  readonly stripe_charge_id?: string;
  readonly stripe_refund_id?: string;
  readonly stripe_dispute_id?: string;
  readonly stripe_payout_id?: string;
  readonly stripe_transfer_id?: string;
  readonly stripe_customer_id?: string;
  readonly stripe_sync: {
    readonly leg: LegName;
    readonly available_on?: string;
    readonly exchange_rate?: string;
    /** Of an opening balance: what the ledger took from then on it does not count, by the ledger's clock. */
    readonly counted_to?: string;
    /** Of an opening balance: when it was frozen, by our clock. */
    readonly opened_at?: string;
    /** Of what a person has decided: who, and why. */
    readonly by?: string;
    readonly note?: string;
  };
}

/** @param customerId of the payer's balance, if that is one of the two */
export function metadataOf(
  bt: BalanceTransaction,
  leg: LegName,
  customerId: string | null,
): LegMetadata {
  const { category, availableOn, exchangeRate } = bt;
  return {
    stripe_balance_transaction_id: bt.id,
    ...(category !== null && { stripe_category: category }),
    ...idsOf(bt),
    ...(customerId !== null && { stripe_customer_id: customerId }),
    stripe_sync: {
      leg,
      ...(availableOn !== null && isDatable(availableOn) && { available_on: rfc3339(availableOn) }),
      ...(exchangeRate !== null && { exchange_rate: exchangeRate }),
    },
  };
}

function idsOf({ source }: BalanceTransaction): Partial<LegMetadata> {
  switch (source.object) {
    case 'charge':
      return { stripe_charge_id: source.id, ...intentOf(source) };
    case 'refund':
      return { stripe_refund_id: source.id, ...intentOf(source), ...chargeOf(source) };
    case 'dispute':
      return { stripe_dispute_id: source.id, ...intentOf(source), ...chargeOf(source) };
    case 'payout':
      return { stripe_payout_id: source.id };
    case 'transfer':
      return source.id === null ? {} : { stripe_transfer_id: source.id };
    case 'other':
      return {};
  }
}

const intentOf = ({ paymentIntentId: id }: { readonly paymentIntentId: string | null }) =>
  id === null ? {} : { stripe_payment_intent_id: id };

const chargeOf = ({ chargeId: id }: { readonly chargeId: string | null }) =>
  id === null ? {} : { stripe_charge_id: id };
