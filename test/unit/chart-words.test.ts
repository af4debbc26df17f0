/**
 * Every word of Stripe that the chart knows, and where it is booked: all of it frozen, since a word that another version
 * booked elsewhere would be one thing in two accounts. docs/movements.md is held against the same lists.
 */
import type { SourceObject } from '../../src/domain/movements/balance-transaction';
import type { SettledKindName } from '../../src/domain/movements/movement-kind';
import { CATEGORIES, kindOf, TYPES_FIRST, TYPES_LAST } from '../../src/domain/kinds/choice';
import { aCharge, aDispute, aRefund } from '../support/worlds/a-balance-transaction';
import { legs, lines } from '../support/worlds/legs-of-row';

type Words = Readonly<Record<string, SettledKindName>>;

/** Types that decide whatever the category says. */
const FIRST: Words = {
  payment_reversal: 'failed_charge',
  stripe_fx_fee: 'fee',
  inbound_transfer: 'top_up',
  inbound_transfer_reversal: 'top_up',
  reserve_hold: 'reserve',
  reserve_release: 'reserve',
  payment_network_reserve_hold: 'reserve',
  payment_network_reserve_release: 'reserve',
  payout_minimum_balance_hold: 'minimum_balance',
  payout_minimum_balance_release: 'minimum_balance',
  balance_transfer_inbound: 'issuing',
  balance_transfer_outbound: 'issuing',
};

/** All 37 that Stripe names. */
const BY_CATEGORY: Words = {
  charge: 'charge',
  partial_capture_reversal: 'charge',
  refund: 'refund',
  refund_failure: 'refund',
  charge_failure: 'failed_charge',
  dispute: 'dispute',
  dispute_reversal: 'dispute',
  fee: 'fee',
  tax: 'tax',
  network_cost: 'network_cost',
  payout: 'payout',
  payout_reversal: 'payout',
  transfer: 'transfer',
  transfer_reversal: 'transfer',
  platform_earning: 'application_fee',
  platform_earning_refund: 'application_fee',
  topup: 'top_up',
  topup_reversal: 'top_up',
  risk_reserved_funds: 'reserve',
  connect_reserved_funds: 'connect_reserve',
  connect_collection_transfer: 'connect_loss',
  advance: 'advance',
  advance_funding: 'advance',
  financing_paydown: 'financing',
  financing_paydown_reversal: 'financing',
  financing_payout: 'financing',
  financing_payout_reversal: 'financing',
  anticipation_repayment: 'financing',
  contribution: 'contribution',
  climate_order_purchase: 'contribution',
  climate_order_refund: 'contribution',
  issuing_authorization_hold: 'issuing',
  issuing_authorization_release: 'issuing',
  issuing_dispute: 'issuing',
  issuing_transaction: 'issuing',
  other_adjustment: 'suspense',
  unreconciled_customer_funds: 'suspense',
};

/** Types that mean one thing, where the category is not known. */
const LAST: Words = {
  charge: 'charge',
  payment: 'charge',
  payment_refund: 'refund',
  refund_failure: 'refund',
  payment_failure_refund: 'failed_charge',
  stripe_fee: 'fee',
  tax_fee: 'tax',
  payout: 'payout',
  payout_cancel: 'payout',
  payout_failure: 'payout',
  transfer: 'transfer',
  transfer_cancel: 'transfer',
  transfer_failure: 'transfer',
  transfer_refund: 'transfer',
  application_fee: 'application_fee',
  application_fee_refund: 'application_fee',
  topup: 'top_up',
  topup_reversal: 'top_up',
  reserved_funds: 'reserve',
  reserve_transaction: 'connect_reserve',
  connect_collection_transfer: 'connect_loss',
  advance: 'advance',
  advance_funding: 'advance',
  anticipation_repayment: 'financing',
  contribution: 'contribution',
  climate_order_purchase: 'contribution',
  climate_order_refund: 'contribution',
  issuing_authorization_hold: 'issuing',
  issuing_authorization_release: 'issuing',
  issuing_dispute: 'issuing',
  issuing_dispute_provisional_credit: 'issuing',
  issuing_dispute_provisional_credit_reversal: 'issuing',
  issuing_transaction: 'issuing',
};

/** Types of Stripe's that no list has: without a category they say too little, or nothing. */
const UNTOLD = [
  ...['adjustment', 'refund', 'fee_credit_funding', 'obligation_outbound', 'tax_fund'],
  ...['obligation_reversal_inbound', 'payment_unreconciled', 'stripe_balance_payment_debit'],
  ...['stripe_balance_payment_debit_reversal', 'constructor', '__proto__', 'surprise', null],
];

interface Booked {
  /** What the row is of; default: nothing that is known. */
  readonly of?: SourceObject;
  /** The balance beside Stripe's, as long as nothing is known of its pay-in. */
  readonly beside: string;
  /** Where Stripe's fee inside such a row goes. */
  readonly fee: string;
  /** Default: the row's own. */
  readonly reference?: string;
}

const PAYMENT_FEE = '@stripe-fees';
const SERVICE_FEE = '@stripe-fees-services';
const to = (name: string): Booked => ({ beside: `@stripe-${name}`, fee: SERVICE_FEE });

const BOOKED: Readonly<Record<SettledKindName, Booked>> = {
  charge: {
    ...{ of: aCharge({ status: 'pending' }), beside: '@stripe-unapplied', fee: PAYMENT_FEE },
  },
  lone_charge: {
    of: aCharge({ paymentIntentId: null, amountCaptured: 700n }),
    ...{ beside: '@cus_1', fee: PAYMENT_FEE, reference: 'ch_1' },
  },
  refund: { of: aRefund(), beside: '@cus_1', fee: PAYMENT_FEE },
  failed_charge: {
    ...{ of: aCharge({ status: 'failed' }), beside: '@stripe-unapplied', fee: PAYMENT_FEE },
  },
  dispute: { of: aDispute(), beside: '@stripe-disputes', fee: '@stripe-fees-disputes' },
  fee: to('fees-services'),
  tax: to('fees-tax'),
  network_cost: to('fees-network'),
  payout: to('payouts'),
  transfer: {
    of: { object: 'transfer', id: 'tr_1', reversalId: null, destination: 'acct_X' },
    ...{ beside: '@acct_X', fee: SERVICE_FEE },
  },
  application_fee: to('application-fees'),
  top_up: to('topups'),
  reserve: to('reserve'),
  connect_reserve: to('connect-reserve'),
  connect_loss: to('connect-losses'),
  minimum_balance: to('minimum-balance'),
  advance: to('advances'),
  financing: to('financing'),
  contribution: to('contributions'),
  issuing: to('issuing'),
  suspense: to('suspense'),
};

test.each([
  ['types that decide first', TYPES_FIRST, FIRST],
  ['categories', CATEGORIES, BY_CATEGORY],
  ['types that decide last', TYPES_LAST, LAST],
] as const)('the %s that are known are these and no others', (_lists, known, frozen) => {
  expect(Object.fromEntries(known)).toEqual(frozen);
});

type Row = [type: string | null, category: string | null, kind: SettledKindName];

const rowsOf = (words: Words, row: (word: string, kind: SettledKindName) => Row) =>
  Object.entries(words).map(([word, kind]) => row(word, kind));

test.each<Row>([
  ...rowsOf(FIRST, (type, kind) => [type, 'other_adjustment', kind]),
  ...rowsOf(BY_CATEGORY, (category, kind) => ['surprise', category, kind]),
  ...rowsOf(LAST, (type, kind) => [type, 'surprise', kind]),
  ...UNTOLD.flatMap((type): Row[] => [
    [type, 'surprise', 'suspense'],
    [type, null, 'suspense'],
  ]),
  ['charge', 'constructor', 'lone_charge'],
  ['charge', 'charge', 'lone_charge'],
])('the type %s of the category %s is booked as %s, either way', (type, category, kind) => {
  const { of = { object: 'other', id: null }, beside, fee, reference = 'txn_1' } = BOOKED[kind];
  const row = { type, category, source: of };
  expect(kindOf(row)).toBe(kind);
  const ofFee = `txn_1.fee: ${fee} > @stripe 9 usd`;
  expect(lines(legs({ ...row, amount: 700n, fee: 9n }))).toEqual([
    ...[`${reference}: @stripe > ${beside} 700 usd`, ofFee],
  ]);
  expect(lines(legs({ ...row, amount: -700n, fee: 9n }))).toEqual([
    ...[`${reference}: ${beside} > @stripe 700 usd`, ofFee],
  ]);
});
