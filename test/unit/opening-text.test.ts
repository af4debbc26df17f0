/** The plan of an opening balance, as people read it: each line can be added up. */
import { nextOf } from '../../src/commands/movements-plan';
import { openingBalanceLegs } from '../../src/domain/kinds/opening-balance';
import { openingOf } from '../../src/domain/opening/opening';
import {
  openingAsJson,
  openingAsText,
  type PlannedOpening,
} from '../../src/domain/opening/opening-text';
import { BALANCES } from '../support/worlds/legs-of-row';

const CUT_OVER = Date.UTC(2026, 10, 1) / 1000;
const READ = Date.UTC(2026, 10, 11, 10, 15, 2) / 1000;

const stranger = {
  ...{ id: 'txn_9', reference: '', currency: 'USD', amount: 700n, bookedAt: CUT_OVER },
  description: 'by hand',
};

function planned(absorb: boolean): PlannedOpening {
  const facts = { currency: 'USD', held: 125_000n, earlier: 90_000n, foreign: [stranger] };
  const opening = openingOf(facts, { isWhole: false, absorb });
  const { currency, amount } = opening;
  return {
    cutOver: CUT_OVER,
    reading: {
      at: READ,
      parts: [{ type: 'payments', currency: 'usd', available: 100_000n, pending: 30_000n }],
    },
    openings: [opening],
    legs: openingBalanceLegs(
      { stripeAccount: 'acct_1', currency, cutOver: CUT_OVER, amount },
      BALANCES,
    ),
    rows: {
      kinds: [
        { currency: 'USD', kind: 'charge', count: 2, net: 7_000n },
        { currency: 'USD', kind: 'payout', count: 1, net: -2_000n },
      ],
      charged: new Map(),
      ids: new Set(),
    },
  };
}

test('what leads from Stripe’s balance to the opening is shown line by line', () => {
  expect(openingAsText(planned(true))).toBe(
    [
      'All that has moved Stripe’s balance since 2026-11-01 00:00:00 UTC:',
      'USD  Stripe balance                     1,300.00   2026-11-11 10:15:02, available 1,000.00, pending 300.00',
      '     - charge                             -70.00   2 rows, to be booked from here on',
      '     - payout                              20.00   1 row, to be booked from here on',
      '     held at the cut-over               1,250.00',
      '     - pay-ins in the ledger             -900.00   succeeded before, and are booked',
      '     - postings of others                  -7.00   1 posting',
      '     opening                              343.00   @stripe to @stripe-opening, dated 2026-11-01, opening.acct_1.USD.2026-11-01',
      '     postings of others on the source balance:',
      '       7.00 USD, txn_9, 2026-11-01 00:00:00 UTC, "by hand"',
    ].join('\n'),
  );
});

test('what was left by an account or key is a line of its own', () => {
  const plan = { ...planned(true), left: new Map([['USD', 12_500n]]) };
  expect(openingAsText(plan)).toContain(
    [
      '     - pay-ins in the ledger             -775.00   succeeded before, and are booked',
      '     - of an account or key left         -125.00   booked, and stays',
    ].join('\n'),
  );
  expect(openingAsJson(plan).currencies[0]).toMatchObject({ payInsBefore: '77500', left: '12500' });
});

test('what stops it is said with what to do', () => {
  const text = openingAsText(planned(false));
  expect(text).toContain('STOP (USD): Postings of others stand on the source balance.');
  expect(text).toContain('`movements enable --absorb`');
});

test('rows that came after the reading are a line of their own', () => {
  const plan = planned(true);
  const kinds = [
    ...plan.rows!.kinds,
    { currency: 'USD', kind: 'fee', count: 1, net: -5n } as const,
  ];
  const text = openingAsText({ ...plan, rows: { ...plan.rows!, kinds } });
  expect(text).toContain('     moved since the reading               -0.05');
});

test('of the whole history there is nothing to open', () => {
  const whole = { ...planned(true), cutOver: null, legs: [], rows: null, openings: [] };
  expect(openingAsText(whole)).toBe(
    [
      'All that has moved Stripe’s balance since the account began:',
      'USD  Stripe balance                     1,300.00   2026-11-11 10:15:02, available 1,000.00, pending 300.00',
      '     opening                                0.00   whether all rows add up to it, the first proof says',
    ].join('\n'),
  );
});

test('as JSON amounts are text, in minor units', () => {
  expect(openingAsJson(planned(true))).toEqual({
    ...{ cutOver: '2026-11-01T00:00:00Z', asOf: '2026-11-11T10:15:02Z' },
    currencies: [
      {
        currency: 'USD',
        stripe: { available: '100000', pending: '30000' },
        ...{ held: '125000', payInsBefore: '90000', left: '0', stop: null },
        foreign: [
          {
            ...{ reference: '', transactionId: 'txn_9', amount: '700', description: 'by hand' },
            bookedAt: '2026-11-01T00:00:00Z',
          },
        ],
        opening: {
          ...{ reference: 'opening.acct_1.USD.2026-11-01', amount: '34300' },
          ...{ from: '@stripe', to: '@stripe-opening', date: '2026-11-01T00:00:00Z' },
        },
        follows: [
          { kind: 'charge', count: 2, net: '7000' },
          { kind: 'payout', count: 1, net: '-2000' },
        ],
      },
    ],
  });
});

test('how to begin is said as it was asked for, and not of a plan that is stopped', () => {
  const begin = 'To begin so: npm run cli -- movements enable';
  expect(nextOf(planned(false), {})).toEqual([]);
  expect(nextOf(planned(true), { since: '2026-11-01', absorb: true })).toEqual([
    `${begin} --since 2026-11-01 --absorb`,
  ]);
  expect(nextOf({ openings: [] }, {})).toEqual([begin]);
});
