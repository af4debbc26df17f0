import { ALL_ACCOUNTS, accountOf } from '../../src/domain/movements/accounts';
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { isReserved } from '../../src/domain/balances';
import { assignedLeg, isInSuspense } from '../../src/domain/movements/assignment';
import { judge } from '../../src/domain/movements/chart';
import { ANY_CONNECTED } from '../../src/domain/movements/counter';
import { compare } from '../../src/domain/decide';
import { appliedLegs } from '../../src/domain/movements/follow-ups';
import { kindOf } from '../../src/domain/kinds/choice';
import { openingBalanceLegs } from '../../src/domain/kinds/opening-balance';
import {
  aBalanceTransaction,
  aCharge,
  aRefund,
  booked,
  MOMENT,
} from '../support/worlds/a-balance-transaction';
import {
  BALANCES,
  CHART,
  DEBIT,
  FAILURE,
  LEG_CONTEXT,
  legs,
  lines,
  REFUND,
  verdicts,
} from '../support/worlds/legs-of-row';

test('a type without a category is still of its kind', () => {
  const source = aCharge();
  expect(kindOf({ type: 'charge', category: null, source })).toBe('charge');
  expect(kindOf({ type: null, category: null, source })).toBe('suspense');
});

describe('a transfer', () => {
  const transfer = (destination: string | null) =>
    legs({
      ...{ type: 'transfer', category: 'transfer', amount: -4_000n },
      source: { object: 'transfer', id: 'tr_1', reversalId: null, destination },
    })[0]!;

  test('goes to the connected account, if that is known', () => {
    expect(transfer('acct_X').from).toBe('@acct_X');
    expect(transfer(null).from).toBe('@stripe-transfers');
    expect(transfer('stripe-fees').from).toMatch(/^@customer:/);
  });

  test('is recognised where it was booked when more or less of it could be read', () => {
    expect(transfer('acct_X').also.from).toEqual(['@stripe-transfers', '@stripe-suspense']);
    expect(transfer(null).also.from).toEqual([ANY_CONNECTED, '@stripe-suspense']);
  });
});

describe('nothing is booked', () => {
  test('of another balance than that of payments', () => {
    const hold = { type: 'reserve_hold', amount: 5_000n };
    expect(legs({ ...hold, balanceType: 'risk_reserved' })).toEqual([]);
    expect(legs({ ...hold, balanceType: 'new' })).toEqual([]);
    expect(legs({ ...hold, balanceType: null })).toHaveLength(1);
  });

  test('of a row before the cut-over, to the second', () => {
    const { cutOver } = CHART;
    expect(legs({ ...REFUND, fee: 9n, created: cutOver - 1 })).toEqual([]);
    expect(legs({ ...REFUND, fee: 9n, created: cutOver })).toHaveLength(2);
    expect(
      appliedLegs(aBalanceTransaction({ ...DEBIT, created: cutOver - 1 }), booked(), CHART),
    ).toEqual([]);
  });

  test('of zero', () => {
    expect(legs({ ...REFUND, amount: 0n })).toEqual([]);
  });
});

describe('what cannot be booked is set aside', () => {
  const payout = { type: 'payout', category: 'payout' };

  test.each<[string, Partial<BalanceTransaction>, string]>([
    ['without an amount', { amount: null }, 'AMOUNT_MISSING'],
    ['with an amount that JSON would round', { amount: 2n ** 53n }, 'AMOUNT_UNSAFE'],
    ['with a negative one', { amount: -(2n ** 53n) }, 'AMOUNT_UNSAFE'],
    ['in an unknown currency', { currency: 'xts' }, 'CURRENCY_UNKNOWN'],
    ['in none', { currency: null }, 'FIELDS_MALFORMED'],
    ['without a time', { created: null }, 'FIELDS_MALFORMED'],
    ['at a time that no date holds', { created: 253_402_300_800 }, 'FIELDS_MALFORMED'],
    ['that could not be read', { fault: 'OBJECT_UNREADABLE' }, 'OBJECT_UNREADABLE'],
  ])('%s', (_what, fields, reason) => {
    expect(verdicts(legs({ ...payout, ...fields }))).toEqual([reason]);
  });

  test('as one leg, where nothing of it could be read', () => {
    const nothing = { amount: null, fee: null, net: null, type: null, category: null };
    const all = legs({ ...nothing, created: CHART.cutOver - 1, fault: 'OBJECT_UNREADABLE' });
    expect(verdicts(all)).toEqual(['OBJECT_UNREADABLE']);
  });

  test('but the largest amount that JSON carries is booked', () => {
    expect(verdicts(legs({ ...payout, amount: -(2n ** 53n - 1n) }))).toEqual(['post']);
  });
});

test.each<[string, number]>([
  ['jpy', 1],
  ['kwd', 1000],
  ['isk', 100],
  ['ugx', 100],
])('the precision of %s is %d', (currency, precision) => {
  const [leg] = legs({ ...REFUND, currency, source: aRefund({ currency }) });
  expect(judge(leg!, LEG_CONTEXT)).toMatchObject({
    posting: { amount: 2_500n, currency: currency.toUpperCase(), precision },
  });
});

test('a leg becomes this very posting', () => {
  const [leg] = legs({ ...REFUND, exchangeRate: '1.1' }, booked());
  expect(judge(leg!, LEG_CONTEXT)).toEqual({
    kind: 'post',
    posting: {
      movementId: 'txn_1',
      reference: 'txn_1',
      amount: 2_500n,
      currency: 'USD',
      precision: 100,
      source: '@cus_1',
      destination: '@stripe',
      description: 'Imported refund from Stripe',
      effectiveDate: '2026-11-05T12:00:00Z',
      metadata: {
        stripe_balance_transaction_id: 'txn_1',
        stripe_category: 'refund',
        stripe_refund_id: 're_1',
        stripe_payment_intent_id: 'pi_1',
        stripe_charge_id: 'ch_1',
        stripe_customer_id: 'cus_1',
        stripe_sync: {
          account: 'acct_1',
          livemode: false,
          sync_id: 'sync_1',
          leg: 'gross',
          available_on: '2026-11-07T12:00:00Z',
          exchange_rate: '1.1',
        },
      },
      also: {
        customerIds: [],
        sources: ['@stripe-guest', '@stripe-suspense'],
        destinations: [],
      },
    },
  });
});

test('a leg is recognised where it was booked when less was known', () => {
  const row = { ...FAILURE, source: aCharge() };
  const [now] = legs(row, booked());
  const verdict = judge(now!, LEG_CONTEXT);
  if (verdict.kind !== 'post') throw new Error('not posted');
  const heldFrom = (source: string) =>
    compare(verdict.posting, {
      ...{ reference: 'txn_1', transactionId: 't', status: 'APPLIED', amount: 10_000n },
      ...{ currency: 'USD', precision: 100, customerId: null },
      ...{ syncId: null, succeededAt: null, bookedAt: null },
      ...{ source, destination: '@stripe' },
    }).source;
  expect(heldFrom('@stripe-unapplied')).toBe(true);
  expect(heldFrom('@stripe-opening')).toBe(true);
  expect(heldFrom('@cus_2')).toBe(false);
});

test('an opening balance goes by its sign, and is none at zero', () => {
  const opening = { stripeAccount: 'acct_1', currency: 'USD', cutOver: MOMENT };
  const open = (amount: bigint) => lines(openingBalanceLegs({ ...opening, amount }, BALANCES));
  expect(open(5n)).toEqual(['opening.acct_1.USD.2026-11-05: @stripe > @stripe-opening 5 USD']);
  expect(open(-5n)).toEqual(['opening.acct_1.USD.2026-11-05: @stripe-opening > @stripe 5 USD']);
  expect(open(0n)).toEqual([]);
});

test('every account stands below the source balance, where no payer’s can', () => {
  const own = { source: '@psp:x', guest: '@walk-in' };
  const names = ALL_ACCOUNTS.map((account) => accountOf(account, own));
  expect(new Set(names).size).toBe(ALL_ACCOUNTS.length);
  expect(names.filter((name) => !name.startsWith('@psp:x-') || !isReserved(name, own))).toEqual([]);
  expect(accountOf('payouts', { ...own, payouts: '@bank' })).toBe('@bank');
});

describe('an assignment', () => {
  const note = { by: 'ada', note: 'why' };
  const [leg] = legs({ type: 'surprise', category: 'surprise', amount: -5n });

  test('undoes what its row did in suspense, in its date and with its ids', () => {
    const assigned = assignedLeg(leg!, '@cus_1', BALANCES, note);
    expect(lines([assigned])).toEqual(['txn_1.assigned: @cus_1 > @stripe-suspense 5 usd']);
    expect(judge(assigned, LEG_CONTEXT)).toMatchObject({
      posting: {
        description: 'Assigned what was in suspense',
        effectiveDate: '2026-11-05T12:00:00Z',
        metadata: {
          stripe_balance_transaction_id: 'txn_1',
          stripe_sync: { leg: 'assigned', ...note, sync_id: 'sync_1' },
        },
      },
    });
  });

  test('is in suspense no more, nor was what stands elsewhere', () => {
    const [payout] = legs({ type: 'payout', category: 'payout' });
    const assigned = assignedLeg(leg!, '@cus_1', BALANCES, note);
    expect([leg!, payout!, assigned].map((one) => isInSuspense(one, BALANCES))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
