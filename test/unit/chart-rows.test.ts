/** One row at a time: whatever Stripe says and whatever is known, the legs move its balance by the net. */
import fc from 'fast-check';
import type {
  BalanceTransaction,
  SourceObject,
} from '../../src/domain/movements/balance-transaction';
import { judge, legsOf } from '../../src/domain/movements/chart';
import { isConverted } from '../../src/domain/movements/exchange';
import { kindOf } from '../../src/domain/kinds/choice';
import type { Known } from '../../src/domain/movements/known';
import type { Leg } from '../../src/domain/movements/leg';
import { cameThrough } from '../../src/domain/through';
import { runs } from '../support/property-runs';
import { aBalanceTransaction, MOMENT } from '../support/worlds/a-balance-transaction';

const BALANCES = { source: '@stripe', guest: '@stripe-guest' };
const CONTEXT = { syncId: 'sync_1', livemode: false };

/** Of Stripe's API 2026-10-28, and some that it has not. */
const TYPES = `adjustment advance advance_funding anticipation_repayment application_fee application_fee_refund charge
  climate_order_purchase climate_order_refund connect_collection_transfer contribution fee_credit_funding inbound_transfer
  inbound_transfer_reversal issuing_authorization_hold issuing_authorization_release issuing_dispute
  issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal issuing_transaction obligation_outbound
  obligation_reversal_inbound payment payment_failure_refund payment_network_reserve_hold payment_network_reserve_release
  payment_refund payment_reversal payment_unreconciled payout payout_cancel payout_failure payout_minimum_balance_hold
  payout_minimum_balance_release refund refund_failure reserve_hold reserve_release reserve_transaction reserved_funds
  stripe_balance_payment_debit stripe_balance_payment_debit_reversal stripe_fee stripe_fx_fee tax_fee tax_fund topup
  topup_reversal transfer transfer_cancel transfer_failure transfer_refund balance_transfer_inbound constructor`;

const CATEGORIES = `advance advance_funding anticipation_repayment charge charge_failure climate_order_purchase
  climate_order_refund connect_collection_transfer connect_reserved_funds contribution dispute dispute_reversal fee
  financing_paydown financing_paydown_reversal financing_payout financing_payout_reversal issuing_authorization_hold
  issuing_authorization_release issuing_dispute issuing_transaction network_cost other_adjustment partial_capture_reversal
  payout payout_reversal platform_earning platform_earning_refund refund refund_failure risk_reserved_funds tax topup
  topup_reversal transfer transfer_reversal unreconciled_customer_funds toString __proto__`;

const wordOf = (list: string) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...list.split(/\s+/)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );

const CURRENCIES = ['usd', 'eur', 'jpy', 'kwd', 'isk', 'ugx', 'USD', 'xts'];
const currencyOf = fc.constantFrom(...CURRENCIES);
const LIMIT = 2n ** 53n;
const amountOf = fc.oneof(
  fc.bigInt({ min: -100_000n, max: 100_000n }),
  fc.constantFrom(0n, 1n, -1n, LIMIT - 1n, LIMIT, -LIMIT, LIMIT ** 2n),
);
const customerOf = fc.oneof(
  fc.constantFrom('cus_1', 'acct_1', 'stripe', 'stripe-fees', 'jenny@example.com', '', 'a\u0000'),
  fc.constant(null),
);
const idOf = (...ids: string[]) => fc.constantFrom(null, ...ids);
const positive = fc.bigInt({ min: 0n, max: 100_000n });

const sourceOf: fc.Arbitrary<SourceObject> = fc.oneof(
  fc.record({
    object: fc.constant('charge' as const),
    id: fc.constantFrom('ch_1', 'py_2'),
    paymentIntentId: idOf('pi_1'),
    customer: customerOf,
    status: fc.constantFrom('succeeded', 'pending', 'failed', 'new', null),
    amountCaptured: positive,
    currency: currencyOf,
  }),
  fc.record({
    object: fc.constant('refund' as const),
    id: fc.constant('re_1'),
    chargeId: idOf('ch_1', 'ch_2'),
    paymentIntentId: idOf('pi_1'),
    customer: customerOf,
    amount: positive,
    currency: currencyOf,
  }),
  fc.record({
    object: fc.constant('dispute' as const),
    id: fc.constant('du_1'),
    chargeId: idOf('ch_1', 'ch_2'),
    paymentIntentId: idOf('pi_1'),
    amount: positive,
    currency: currencyOf,
    begunAt: fc.constant(null),
  }),
  fc.constant({ object: 'payout', id: 'po_1' } as const),
  fc.record({
    object: fc.constant('transfer' as const),
    id: idOf('tr_1'),
    reversalId: idOf('trr_1'),
    destination: idOf('acct_X', 'stripe', 'a\u0000'),
  }),
  fc.record({ object: fc.constant('other' as const), id: idOf('x_1', '') }),
);

const detailOf = fc.record({
  type: fc.constantFrom(
    ...['stripe_fee', 'tax', 'withheld_tax', 'payment_method_passthrough_fee', 'application_fee'],
    ...['new_fee', 'New', '__proto__', null],
  ),
  amount: fc.oneof({ weight: 9, arbitrary: amountOf }, { weight: 1, arbitrary: fc.constant(null) }),
  currency: fc.constantFrom('usd', 'USD', 'eur', null),
});

const knownOf: fc.Arbitrary<Known> = fc.record({
  payIn: fc.oneof(
    fc.record({
      state: fc.constant('booked' as const),
      id: fc.constant('pi_1'),
      chargeId: idOf('ch_1', 'ch_2'),
      payer: customerOf,
      amount: fc.bigInt({ min: 1n, max: 100_000n }),
      currency: currencyOf,
      createdAt: fc.constant(null),
      datedAt: fc.constant(MOMENT - 60),
    }),
    fc.record({
      state: fc.constant('open' as const),
      payer: fc.oneof(customerOf, fc.constant(undefined)),
    }),
    fc.record({
      state: fc.constant('earlier' as const),
      chargeId: idOf('ch_1', 'ch_2'),
      payer: fc.oneof(customerOf, fc.constant(undefined)),
      isInLedger: fc.boolean(),
    }),
  ),
  begunBefore: fc.boolean(),
});

/** Of rows whose amounts are readable. */
const readable: fc.Arbitrary<BalanceTransaction> = fc
  .record({
    type: wordOf(TYPES),
    category: wordOf(CATEGORIES),
    currency: currencyOf,
    amount: amountOf,
    fee: fc.oneof(fc.constant(0n), amountOf),
    feeDetails: fc.oneof(fc.array(detailOf, { maxLength: 4 }), fc.constant(null)),
    exchangeRate: fc.constantFrom(null, '1.08'),
    source: sourceOf,
  })
  .map(({ source, ...fields }) => {
    const { amount, currency } = fields;
    // What was captured of a charge in one currency is what its row says.
    const isOne =
      source.object === 'charge' && source.currency?.toLowerCase() === currency.toLowerCase();
    const captured = { amountCaptured: amount < 0n ? -amount : amount };
    return aBalanceTransaction({ ...fields, source: isOne ? { ...source, ...captured } : source });
  });

const anything: fc.Arbitrary<BalanceTransaction> = fc
  .tuple(
    readable,
    fc.record(
      {
        currency: fc.constantFrom(null, ''),
        amount: fc.constant(null),
        fee: fc.constant(null),
        net: fc.oneof(amountOf, fc.constant(null)),
        created: fc.constantFrom(null, -1, 9e15, 0),
        availableOn: fc.constantFrom(null, -1, 9e15),
        balanceType: wordOf('payments issuing risk_reserved'),
        fault: fc.constant('OBJECT_UNREADABLE' as const),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([row, fields]) => ({ ...row, ...fields }));

/** What legs add to what Stripe holds, by upper-case currency, without zeros. */
function effectOf(legs: readonly Leg[], also: readonly [currency: string, amount: bigint][] = []) {
  const sums = new Map<string, bigint>();
  const add = (currency: string, amount: bigint) =>
    sums.set(currency.toUpperCase(), (sums.get(currency.toUpperCase()) ?? 0n) + amount);
  for (const { from, to, amount, currency } of legs) {
    if (from === '@stripe') add(currency ?? '', amount ?? 0n);
    if (to === '@stripe') add(currency ?? '', -(amount ?? 0n));
  }
  for (const [currency, amount] of also) add(currency, amount);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n));
}

/** What the pay-in's own posting has brought of the row's amount. */
function bookedByPayIn(bt: BalanceTransaction, { payIn, begunBefore }: Known): [string, bigint][] {
  const { source, currency, amount } = bt;
  const kind = kindOf(bt);
  if (kind === 'lone_charge' && source.object === 'refund') {
    return begunBefore || isConverted(bt, source.currency) ? [] : [[currency!, amount!]];
  }
  if (kind !== 'charge' || payIn.state !== 'booked' || !cameThrough(source, payIn)) return [];
  return isConverted(bt, payIn.currency)
    ? [[payIn.currency, payIn.amount]]
    : [[currency!, amount!]];
}

test('with its pay-in, any row moves Stripe’s balance by its net, and in no other currency', () => {
  fc.assert(
    fc.property(readable, knownOf, (bt, known) => {
      const legs = legsOf(bt, known, { balances: BALANCES, cutOver: null });
      const net = bt.net === 0n ? {} : { [bt.currency!.toUpperCase()]: bt.net };
      expect(effectOf(legs, bookedByPayIn(bt, known))).toEqual(net);
    }),
    runs(3_000),
  );
});

test('whatever a row says or lacks, each leg of it is posted or set aside, under a reference of its own', () => {
  fc.assert(
    fc.property(
      anything,
      knownOf,
      fc.constantFrom(null, MOMENT, MOMENT + 1),
      (bt, known, cutOver) => {
        const legs = legsOf(bt, known, { balances: BALANCES, cutOver });
        expect(new Set(legs.map(({ reference }) => reference)).size).toBe(legs.length);
        for (const leg of legs) {
          const verdict = judge(leg, CONTEXT);
          if (verdict.kind !== 'post') {
            expect(verdict.kind).toBe('set_aside');
            continue;
          }
          expect(verdict.posting).toMatchObject({
            ...{ movementId: leg.reference, reference: leg.reference, amount: leg.amount },
            ...{ source: leg.from, destination: leg.to },
          });
          expect(leg.amount! > 0n && leg.amount! < LIMIT).toBe(true);
          expect(leg.from).not.toBe(leg.to);
          for (const name of [leg.from, leg.to]) expect(name).toMatch(/^@[A-Za-z0-9_:-]{1,255}$/);
        }
      },
    ),
    runs(3_000),
  );
});

test('what is known later changes no amount and no currency of any reference', () => {
  fc.assert(
    fc.property(readable, knownOf, knownOf, (bt, before, after) => {
      const chart = { balances: BALANCES, cutOver: null };
      const money = (legs: readonly Leg[]) =>
        new Map(
          legs.map(({ reference, amount, currency }) => [reference, `${amount} ${currency}`]),
        );
      const own = (known: Known) =>
        [...money(legsOf(bt, known, chart))].filter(([reference]) => !reference.startsWith('pi_'));
      const later = new Map(own(after));
      for (const [reference, amount] of own(before)) {
        expect([amount, undefined]).toContain(later.get(reference));
      }
    }),
    runs(3_000),
  );
});
