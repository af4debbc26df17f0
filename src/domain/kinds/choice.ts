/**
 * Which kind a balance transaction is of: by the types that no category tells, then by its category, then by those
 * types that mean one thing whatever their category. All three lists grow at Stripe: what is on none is in suspense.
 */
import type { BalanceTransaction, ChargeSource } from '../movements/balance-transaction';
import type { SettledKindName } from '../movements/movement-kind';
import { isLone } from '../through';

export const TYPES_FIRST = words({
  failed_charge: 'payment_reversal',
  fee: 'stripe_fx_fee',
  top_up: 'inbound_transfer inbound_transfer_reversal',
  reserve:
    'reserve_hold reserve_release payment_network_reserve_hold payment_network_reserve_release',
  minimum_balance: 'payout_minimum_balance_hold payout_minimum_balance_release',
  issuing: 'balance_transfer_inbound balance_transfer_outbound',
});

export const CATEGORIES = words({
  charge: 'charge partial_capture_reversal',
  refund: 'refund refund_failure',
  failed_charge: 'charge_failure',
  dispute: 'dispute dispute_reversal',
  fee: 'fee',
  tax: 'tax',
  network_cost: 'network_cost',
  payout: 'payout payout_reversal',
  transfer: 'transfer transfer_reversal',
  application_fee: 'platform_earning platform_earning_refund',
  top_up: 'topup topup_reversal',
  reserve: 'risk_reserved_funds',
  connect_reserve: 'connect_reserved_funds',
  connect_loss: 'connect_collection_transfer',
  advance: 'advance advance_funding',
  financing: `financing_paydown financing_paydown_reversal financing_payout financing_payout_reversal
    anticipation_repayment`,
  contribution: 'contribution climate_order_purchase climate_order_refund',
  issuing: `issuing_authorization_hold issuing_authorization_release issuing_dispute
    issuing_transaction`,
  suspense: 'other_adjustment unreconciled_customer_funds',
});

/** `refund` and `adjustment` are not among them: each means several things, which the category tells apart. */
export const TYPES_LAST = words({
  charge: 'charge payment',
  refund: 'payment_refund refund_failure',
  failed_charge: 'payment_failure_refund',
  fee: 'stripe_fee',
  tax: 'tax_fee',
  payout: 'payout payout_cancel payout_failure',
  transfer: 'transfer transfer_cancel transfer_failure transfer_refund',
  application_fee: 'application_fee application_fee_refund',
  top_up: 'topup topup_reversal',
  reserve: 'reserved_funds',
  connect_reserve: 'reserve_transaction',
  connect_loss: 'connect_collection_transfer',
  advance: 'advance advance_funding',
  financing: 'anticipation_repayment',
  contribution: 'contribution climate_order_purchase climate_order_refund',
  issuing: `issuing_authorization_hold issuing_authorization_release issuing_dispute
    issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal issuing_transaction`,
});

export function kindOf({
  type,
  category,
  source,
}: Pick<BalanceTransaction, 'type' | 'category' | 'source'>): SettledKindName {
  const kind =
    TYPES_FIRST.get(type ?? '') ?? CATEGORIES.get(category ?? '') ?? TYPES_LAST.get(type ?? '');
  if (kind === 'charge' && isLone(source)) return 'lone_charge';
  return kind ?? 'suspense';
}

/** Kinds of which nothing but Stripe's words tells what they are for. */
const DESCRIBED: ReadonlySet<SettledKindName> = new Set(['fee', 'tax', 'network_cost', 'suspense']);

/** Of all others the description is what people wrote about a payment, and is not kept. */
export function isDescribed(bt: Parameters<typeof kindOf>[0]): boolean {
  return DESCRIBED.has(kindOf(bt));
}

/** A map, since Stripe's words may be those of any object: `constructor`. */
function words(
  lists: Partial<Record<SettledKindName, string>>,
): ReadonlyMap<string, SettledKindName> {
  const kinds = Object.entries(lists) as [SettledKindName, string][];
  return new Map(
    kinds.flatMap(([kind, list]) => list.split(/\s+/).map((word) => [word, kind] as const)),
  );
}

/** The charge whose money a row is: that of a pay-in, once it is booked. null: it is no such row. */
export function payInChargeOf(
  bt: Pick<BalanceTransaction, 'type' | 'category' | 'source'>,
): ChargeSource | null {
  const { source } = bt;
  const isMoney = source.object === 'charge' && source.status !== 'failed';
  return isMoney && kindOf(bt) === 'charge' ? source : null;
}
