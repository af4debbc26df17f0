import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { legsOf } from '../../src/domain/movements/chart';
import { diffLegs, type Difference } from '../../src/domain/movements/difference';
import { appliedLegs, openingLegs } from '../../src/domain/movements/follow-ups';
import { NOTHING_KNOWN, type BookedPayIn, type Known } from '../../src/domain/movements/known';
import {
  aBalanceTransaction,
  aCharge,
  aRefund,
  booked,
} from '../support/worlds/a-balance-transaction';
import {
  CHART,
  DEBIT,
  EARLIER,
  FAILURE,
  legs,
  lines,
  REFUND,
  verdicts,
} from '../support/worlds/legs-of-row';

describe('the row of a charge', () => {
  test('has no leg but its fee where its pay-in is booked', () => {
    expect(lines(legs({ fee: 320n, source: aCharge() }, booked()))).toEqual([
      'txn_1.fee: @stripe-fees > @stripe 320 usd',
    ]);
  });

  test('waits in @stripe-unapplied until then, and comes back from there', () => {
    const bt = aBalanceTransaction(DEBIT);
    expect(lines(legsOf(bt, NOTHING_KNOWN, CHART))).toEqual([
      'txn_1: @stripe > @stripe-unapplied 10000 usd',
    ]);
    const applied = appliedLegs(bt, booked(), CHART);
    expect(lines(applied)).toEqual(['txn_1.applied: @stripe-unapplied > @stripe 10000 usd']);
    expect(applied[0]!.datedAt).toBe(bt.created);
    expect(appliedLegs(bt, NOTHING_KNOWN, CHART)).toEqual([]);
  });

  test('goes on to the opening balance if the pay-in turns out to be of before the cut-over', () => {
    expect(lines(appliedLegs(aBalanceTransaction(DEBIT), EARLIER, CHART))).toEqual([
      'txn_1.applied: @stripe-unapplied > @stripe-opening 10000 usd',
    ]);
  });

  test('is the opening balance’s if its pay-in succeeded before the cut-over', () => {
    expect(lines(legs({ source: aCharge() }, EARLIER))).toEqual([
      'txn_1: @stripe > @stripe-opening 10000 usd',
    ]);
  });

  test('is that of a booked pay-in of which nobody has told the charge', () => {
    expect(legs({ source: aCharge() }, booked({ chargeId: null }))).toEqual([]);
  });

  test('is recognised on either of the two that it may have gone to, and in suspense', () => {
    const also = (known: Known) => legs({ source: aCharge() }, known)[0]!.also.to;
    expect(also(EARLIER)).toEqual(['@stripe-unapplied', '@stripe-suspense']);
    expect(also(NOTHING_KNOWN)).toEqual(['@stripe-opening', '@stripe-suspense']);
  });

  test('of a try that failed has nothing to do with the pay-in that succeeded', () => {
    const first = { source: aCharge({ id: 'ch_0', status: 'failed' }) };
    const waits = ['txn_1: @stripe > @stripe-unapplied 10000 usd'];
    expect(lines(legs(first, booked()))).toEqual(waits);
    expect(lines(legs(first, booked({ chargeId: null })))).toEqual(waits);
    expect(appliedLegs(aBalanceTransaction(first), booked(), CHART)).toEqual([]);
    expect(lines(legs({ ...FAILURE, ...first }, booked()))).toEqual([
      'txn_1: @stripe-unapplied > @stripe 10000 usd',
    ]);
  });

  test('is set aside while nobody can tell whose it is, and its fee is booked', () => {
    const all = legs({ fee: 320n });
    expect(lines(all)).toEqual([
      'txn_1: @stripe > @stripe-unapplied 10000 usd',
      'txn_1.fee: @stripe-fees > @stripe 320 usd',
    ]);
    expect(verdicts(all)).toEqual(['SOURCE_UNREADABLE', 'post']);
  });

  test('without a PaymentIntent is booked as a pay-in once it has succeeded', () => {
    const lone = { paymentIntentId: null, id: 'py_1', customer: null };
    expect(lines(legs({ source: aCharge(lone) }))).toEqual([
      'py_1: @stripe > @stripe-guest 10000 usd',
    ]);
    const pending = aCharge({ ...lone, status: 'pending' });
    expect(lines(legs({ source: pending }))).toEqual([
      'txn_1: @stripe > @stripe-unapplied 10000 usd',
    ]);
    expect(
      lines(appliedLegs(aBalanceTransaction({ source: aCharge(lone) }), NOTHING_KNOWN, CHART)),
    ).toEqual([
      'py_1: @stripe > @stripe-guest 10000 usd',
      'txn_1.applied: @stripe-unapplied > @stripe 10000 usd',
    ]);
    const inEuro = { source: aCharge({ ...lone, currency: 'eur', amountCaptured: 9_000n }) };
    expect(lines(legs(inEuro))).toEqual([
      'py_1: @stripe > @stripe-guest 9000 eur',
      'py_1.fx1: @stripe-fx > @stripe 9000 eur',
      'txn_1.fx2: @stripe > @stripe-fx 10000 usd',
    ]);
  });
});

describe('the row of a charge that was converted', () => {
  const pair = [
    'pi_1.fx1: @stripe-fx > @stripe 9000 eur',
    'txn_1.fx2: @stripe > @stripe-fx 10000 usd',
  ];
  const known = booked({ amount: 9_000n, currency: 'eur' });

  test('has the pair of its pay-in, at once or when that is booked', () => {
    expect(lines(legs({ source: aCharge() }, known))).toEqual(pair);
    expect(lines(appliedLegs(aBalanceTransaction(DEBIT), known, CHART))).toEqual([
      ...pair,
      'txn_1.applied: @stripe-unapplied > @stripe 10000 usd',
    ]);
  });

  test('of before the cut-over has the customer’s side alone, from the opening balance', () => {
    const early = aBalanceTransaction({ ...DEBIT, created: CHART.cutOver - 1 });
    const opening = openingLegs(early, known, CHART);
    expect(lines(opening)).toEqual(['pi_1.fx1: @stripe-opening > @stripe 9000 eur']);
    expect(opening[0]!.datedAt).toBe((known.payIn as BookedPayIn).datedAt);
  });
});

test('a row of before the cut-over comes back from the opening balance, dated as its pay-in', () => {
  const early = aBalanceTransaction({ ...DEBIT, created: CHART.cutOver - 1 });
  const opening = openingLegs(early, booked(), CHART);
  expect(lines(opening)).toEqual(['txn_1.opening: @stripe-opening > @stripe 10000 usd']);
  expect(opening[0]!.datedAt).toBe((booked().payIn as BookedPayIn).datedAt);
  expect(openingLegs(early, NOTHING_KNOWN, CHART)).toEqual([]);
  expect(openingLegs(aBalanceTransaction(DEBIT), booked(), CHART)).toEqual([]);
});

describe('a charge without a PaymentIntent', () => {
  const lone = { paymentIntentId: null, id: 'ch_1' };

  test('that is in the ledger stays there, whatever Stripe says of it since', () => {
    const source = aCharge({ ...lone, status: 'failed' });
    expect(lines(legs({ source }, booked({ id: 'ch_1' })))).toEqual([
      'ch_1: @stripe > @cus_1 10000 usd',
    ]);
  });

  test('takes money where its row does', () => {
    expect(lines(legs({ amount: -10_000n, source: aCharge(lone) }))).toEqual([
      'ch_1: @cus_1 > @stripe 10000 usd',
    ]);
  });

  test('lacks what was not captured, unless the opening balance has it', () => {
    const part = {
      ...{ type: 'refund', category: 'partial_capture_reversal', amount: -2_500n },
      source: aRefund({ paymentIntentId: null }),
    };
    expect(legs(part)).toEqual([]);
    expect(lines(legs(part, { ...NOTHING_KNOWN, begunBefore: true }))).toEqual([
      'txn_1: @stripe-opening > @stripe 2500 usd',
    ]);
  });
});

describe('a payment that fails', () => {
  test('is taken from its payer if it was booked, else from where it waited', () => {
    const row = { ...FAILURE, source: aCharge() };
    expect(lines(legs(row, booked()))).toEqual(['txn_1: @cus_1 > @stripe 10000 usd']);
    expect(lines(legs(row))).toEqual(['txn_1: @stripe-unapplied > @stripe 10000 usd']);
    expect(lines(legs(row, { ...NOTHING_KNOWN, begunBefore: true }))).toEqual([
      'txn_1: @stripe-opening > @stripe 10000 usd',
    ]);
    expect(lines(legs(row, EARLIER))).toEqual(['txn_1: @stripe-opening > @stripe 10000 usd']);
    const credited = { ...EARLIER, payIn: { ...EARLIER.payIn, isInLedger: true } } as Known;
    expect(lines(legs(row, credited))).toEqual(['txn_1: @cus_1 > @stripe 10000 usd']);
  });

  test('while its pay-in was set aside becomes its payer’s when that is booked', () => {
    const row = aBalanceTransaction({ ...FAILURE, source: aCharge() });
    expect(lines(appliedLegs(row, booked(), CHART))).toEqual([
      'txn_1.applied: @cus_1 > @stripe-unapplied 10000 usd',
    ]);
  });
});

describe('a refund', () => {
  test('is the payer’s: of our pay-in, else of Stripe’s object, else a guest’s', () => {
    const to = (known: Known, customer: string | null) =>
      legs({ ...REFUND, source: aRefund({ customer }) }, known)[0]!.from;
    const open = { payIn: { state: 'open', payer: undefined }, begunBefore: false } as const;
    expect(to(booked({ payer: 'cus_9' }), 'cus_1')).toBe('@cus_9');
    expect(to(booked({ payer: null }), 'cus_1')).toBe('@stripe-guest');
    expect(to(open, 'cus_1')).toBe('@cus_1');
    expect(to(open, null)).toBe('@stripe-guest');
    expect(to(open, 'jenny@example.com')).toBe('@customer:2bb1c62d1d1a1eb20e95be953a9c86c3');
  });

  test('is recognised under the other id of its payer, and as a guest’s', () => {
    const also = (customer: string | null) =>
      legs({ ...REFUND, source: aRefund({ customer }) }, booked())[0]!.also;
    const always = ['@stripe-guest', '@stripe-suspense'];
    expect(also('acct_1')).toEqual({
      from: ['@acct_1', ...always],
      to: [],
      customerIds: ['acct_1'],
    });
    expect(also('cus_1')).toEqual({ from: always, to: [], customerIds: [] });
    expect(also('')).toEqual({ from: always, to: [], customerIds: [] });
  });

  test('in another currency is booked in the payer’s, with its pair', () => {
    const source = aRefund({ amount: 2_000n, currency: 'eur' });
    const pair = legs({ ...REFUND, amount: -2_200n, source }, booked());
    expect(lines(pair)).toEqual([
      'txn_1: @cus_1 > @stripe 2000 eur',
      'txn_1.fx1: @stripe > @stripe-fx 2000 eur',
      'txn_1.fx2: @stripe-fx > @stripe 2200 usd',
    ]);
  });

  test('so small that nothing moves in Stripe’s currency leaves its payer, and comes back', () => {
    const source = aRefund({ amount: 2n, currency: 'krw' });
    const small = { ...REFUND, amount: 0n, source };
    expect(lines(legs(small, booked()))).toEqual([
      'txn_1: @cus_1 > @stripe 2 krw',
      'txn_1.fx1: @stripe > @stripe-fx 2 krw',
    ]);
    const back = { ...small, type: 'adjustment', category: 'refund_failure' };
    expect(lines(legs(back, booked()))).toEqual([
      'txn_1: @stripe > @cus_1 2 krw',
      'txn_1.fx1: @stripe-fx > @stripe 2 krw',
    ]);
  });

  test('whose amount in the payer’s currency is not readable is set aside there alone', () => {
    const other = { object: 'other', id: 're_1' } as const;
    const all = legs({ ...REFUND, source: other, exchangeRate: '1.1' }, booked());
    expect(verdicts(all)).toEqual(['SOURCE_UNREADABLE', 'SOURCE_UNREADABLE', 'post']);
    expect(lines(all).at(-1)).toBe('txn_1.fx2: @stripe-fx > @stripe 2500 usd');
  });

  test('in the same currency is one leg, however that is written', () => {
    const source = aRefund({ currency: 'USD' });
    expect(legs({ ...REFUND, source }, booked())).toHaveLength(1);
  });

  test('of nobody knows whom is in suspense', () => {
    const other = { object: 'other', id: null } as const;
    expect(lines(legs({ ...REFUND, source: other }))).toEqual([
      'txn_1: @stripe-suspense > @stripe 2500 usd',
    ]);
  });

  test('that comes back has a plus sign, whatever its type', () => {
    expect(lines(legs({ ...REFUND, type: 'payment_refund', amount: 2_500n }, booked()))).toEqual([
      'txn_1: @stripe > @cus_1 2500 usd',
    ]);
  });

  test('of a payer whose id cannot be one is set aside', () => {
    const all = legs({ ...REFUND, source: aRefund({ customer: 'a\u0000' }) });
    expect(verdicts(all)).toEqual(['PAYER_MALFORMED']);
  });
});

test('rows that do not add up to their pay-in leave the difference in suspense', () => {
  const { payIn } = booked();
  const rows = [
    aBalanceTransaction({ id: 'txn_2', amount: 6_000n, source: aCharge() }),
    aBalanceTransaction({ id: 'txn_1', amount: 3_900n, source: aCharge() }),
    aBalanceTransaction({ id: 'txn_0', amount: 9_999n, source: aCharge({ id: 'ch_0' }) }),
  ];
  const diff = (all: BalanceTransaction[], before: Difference[] = []) =>
    lines(diffLegs(payIn as BookedPayIn, all, before, CHART));
  expect(diff(rows)).toEqual(['pi_1.diff: @stripe-suspense > @stripe 100 usd']);
  expect(diff([{ ...rows[0]!, amount: 10_001n }])).toEqual([
    'pi_1.diff: @stripe > @stripe-suspense 1 usd',
  ]);
  expect(diff([{ ...rows[0]!, amount: 10_000n }])).toEqual([]);
  const refunded = aBalanceTransaction({ ...REFUND, id: 'txn_3' });
  expect(diff([{ ...rows[0]!, amount: 10_000n }, refunded])).toEqual([]);
  expect(diff([{ ...rows[0]!, amount: null }])).toEqual([]);
  expect(diff([{ ...rows[0]!, currency: 'eur' }])).toEqual([]);
  expect(diff([])).toEqual([]);
});

test('a row that comes after the difference was booked makes it up by itself', () => {
  const { payIn } = booked();
  const first = aBalanceTransaction({ id: 'txn_1', amount: 3_900n, source: aCharge() });
  // Ids do not follow the time.
  const late = aBalanceTransaction({
    ...{ id: 'txn_0', amount: 6_100n, source: aCharge(), created: first.created! + 60 },
  });
  const diff = (all: BalanceTransaction[], before: Difference[]) =>
    diffLegs(payIn as BookedPayIn, all, before, CHART);
  const before = { of: 'pi_1', moves: -6_100n, isForgotten: false };
  const made = diff([first, late], [before]);
  expect(lines(made)).toEqual(['txn_0.diff: @stripe > @stripe-suspense 6100 usd']);
  expect(made[0]).toMatchObject({
    datedAt: (payIn as BookedPayIn).datedAt,
    metadata: { stripe_balance_transaction_id: 'txn_0' },
  });
  expect(diff([first], [before])).toEqual([]);
  const after = { of: 'txn_0', moves: 6_100n, isForgotten: false };
  expect(diff([late, first], [before, after])).toEqual([]);
  // What the ledger alone tells of is made again as it is there.
  const forgotten = [before, after].map((one) => ({ ...one, isForgotten: true }));
  expect(lines(diff([late, first], forgotten))).toEqual([
    'pi_1.diff: @stripe-suspense > @stripe 6100 usd',
    'txn_0.diff: @stripe > @stripe-suspense 6100 usd',
  ]);
});
