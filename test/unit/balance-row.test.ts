/** Each row of Stripe's balance becomes a balance transaction, whatever it holds: with a fault, but never lost. */
import fc from 'fast-check';
import { legsOf, judge } from '../../src/domain/movements/chart';
import { NOTHING_KNOWN } from '../../src/domain/movements/known';
import { isReasonCode } from '../../src/domain/reasons';
import { transactionOf } from '../../src/stripe/balance-row';

const ROW = {
  id: 'txn_1',
  object: 'balance_transaction',
  amount: 10_000,
  available_on: 1_770_200_000,
  balance_type: 'payments',
  created: 1_770_000_000,
  currency: 'USD',
  description: 'Order 7 of Jenny Rosen',
  exchange_rate: null,
  fee: 320,
  fee_details: [
    { amount: 300, application: null, currency: 'usd', description: 'x', type: 'stripe_fee' },
    { amount: 20, application: null, currency: 'usd', description: 'VAT', type: 'tax' },
  ],
  net: 9_680,
  reporting_category: 'charge',
  source: 'ch_1',
  status: 'pending',
  type: 'charge',
};
const read = (fields: Record<string, unknown>) => transactionOf({ ...ROW, ...fields });

test('a row has its money, its times and its words, and none of what people wrote', () => {
  expect(transactionOf(ROW)).toEqual({
    id: 'txn_1',
    currency: 'usd',
    amount: 10_000n,
    fee: 320n,
    net: 9_680n,
    type: 'charge',
    category: 'charge',
    balanceType: 'payments',
    created: 1_770_000_000,
    availableOn: 1_770_200_000,
    feeDetails: [
      { type: 'stripe_fee', amount: 300n, currency: 'usd' },
      { type: 'tax', amount: 20n, currency: 'usd' },
    ],
    exchangeRate: null,
    source: { object: 'other', id: 'ch_1' },
    fault: null,
  });
});

test.each([
  ['a fee', { type: 'stripe_fee', reporting_category: 'fee' }],
  ['tax', { type: 'tax_fee', reporting_category: 'tax' }],
  ['what networks cost', { type: 'network_cost', reporting_category: 'network_cost' }],
  ['an adjustment', { type: 'adjustment', reporting_category: 'other_adjustment' }],
  ['a row of no known kind', { type: 'moon_fee', reporting_category: 'lunar' }],
])('what %s is for is told by Stripe’s words alone, and read', (_what, words) => {
  expect(read({ ...words, description: 'Radar (2026-11)' }).description).toBe('Radar (2026-11)');
});

const FEE = { type: 'stripe_fee', reporting_category: 'fee' };

test.each<[what: string, description: unknown, kept: string | undefined]>([
  ['with zeros and line ends', 'Radar\0 for\r\nfraud  teams\u0007', 'Radar for fraud teams'],
  ['that rewrite a terminal', '\u001b[2J\u009b31mgone\u202e', '[2J 31mgone'],
  ['with half a character', 'a\ud83d b', 'a b'],
  ['of more than one unit of UTF-16', '😀'.repeat(700), '😀'.repeat(500)],
  ['that are too long', 'x'.repeat(9_000), 'x'.repeat(500)],
  ['of nothing', ' \0 ', undefined],
  ['that are none', { a: 1 }, undefined],
])('words %s are one line of text that any database takes', (_what, description, kept) => {
  expect(read({ ...FEE, description }).description).toBe(kept);
});

test('money that leaves, a fee that comes back and a balance without a name are read as they are', () => {
  const row = { amount: -2_500, fee: -320, net: -2_180, balance_type: undefined };
  expect(read(row)).toMatchObject({
    ...{ amount: -2_500n, fee: -320n, net: -2_180n },
    ...{ balanceType: null, fault: null },
  });
});

test('words that are new are kept', () => {
  const words = { type: 'moon_fee', reporting_category: 'lunar', balance_type: 'moon' };
  expect(read(words)).toMatchObject({
    ...{ type: 'moon_fee', category: 'lunar', balanceType: 'moon', fault: null },
  });
});

test.each<[what: string, rate: unknown, kept: string | null]>([
  ['a number', 1.08, '1.08'],
  ['a text', '0.00712', '0.00712'],
  ['nothing', null, null],
  ['no rate', {}, null],
])('the rate of a conversion is %s', (_what, rate, kept) => {
  expect(read({ exchange_rate: rate })).toMatchObject({ exchangeRate: kept, fault: null });
});

test.each<[what: string, details: unknown, kept: unknown]>([
  ['none', [], []],
  ['no list', 'all', null],
  ['missing', undefined, null],
  ['one that is none', ['x'], [{ type: null, amount: null, currency: null }]],
  [
    'one of which parts are not to be read',
    [
      { type: 7, amount: 1.5, currency: 'a b' },
      { amount: -20, type: 'tax', currency: 'EUR' },
    ],
    [
      { type: null, amount: null, currency: null },
      { type: 'tax', amount: -20n, currency: 'eur' },
    ],
  ],
])('details of a fee that are %s are no fault of the row', (_what, details, kept) => {
  expect(read({ fee_details: details })).toMatchObject({ feeDetails: kept, fault: null });
});

const HUGE = '9007199254740993';
test('amounts above 2^53 are exact, and what has been rounded is refused', () => {
  const exact = { amount: HUGE, fee: `-${HUGE}`, net: 0 };
  const { amount, fee, fault } = read(exact);
  expect({ amount, fee, fault }).toEqual({ amount: BigInt(HUGE), fee: -BigInt(HUGE), fault: null });
  expect(read({ amount: 2 ** 53 + 2 })).toMatchObject({ amount: null, fault: 'AMOUNT_UNSAFE' });
  expect(read({ amount: 0.5 })).toMatchObject({ amount: null, fault: 'AMOUNT_UNSAFE' });
  expect(read({ fee: 1e300 })).toMatchObject({ fee: null, net: 9_680n, fault: null });
});

test.each<[what: string, row: unknown, id: RegExp, fault: string]>([
  ['nothing', null, /^row_/, 'OBJECT_UNREADABLE'],
  ['a text', 'txn_1', /^row_/, 'OBJECT_UNREADABLE'],
  ['a list', [ROW], /^row_/, 'OBJECT_UNREADABLE'],
  ['without its id', { ...ROW, id: undefined }, /^row_/, 'OBJECT_UNREADABLE'],
  ['with a NUL in its id', { ...ROW, id: 'txn\0' }, /^row_/, 'OBJECT_UNREADABLE'],
  ['another object', { ...ROW, object: 'charge' }, /^txn_1$/, 'OBJECT_UNREADABLE'],
  ['without a currency', { ...ROW, currency: 'u$d' }, /^txn_1$/, 'FIELDS_MALFORMED'],
  ['without its time', { ...ROW, created: '2026' }, /^txn_1$/, 'FIELDS_MALFORMED'],
  ['of a time that no date has', { ...ROW, created: 1e15 }, /^txn_1$/, 'FIELDS_MALFORMED'],
  ['of a balance that is no word', { ...ROW, balance_type: {} }, /^txn_1$/, 'FIELDS_MALFORMED'],
  ['without its amount', { ...ROW, amount: null }, /^txn_1$/, 'AMOUNT_MISSING'],
  ['without net and fee', { ...ROW, net: 'x', fee: undefined }, /^txn_1$/, 'AMOUNT_MISSING'],
])('a row that is %s is kept, with its fault', (_what, row, id, fault) => {
  const read = transactionOf(row);
  expect(read.id).toMatch(id);
  expect(read.fault).toBe(fault);
  expect(transactionOf(row).id).toBe(read.id);
});

test('net or fee is enough', () => {
  expect(read({ net: undefined })).toMatchObject({ net: null, fee: 320n, fault: null });
  expect(read({ fee: 'x' })).toMatchObject({ net: 9_680n, fee: null, fault: null });
});

const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(null, HUGE, 7, -7, 'usd', 'txn_2'));
const anyRow = fc.record(
  Object.fromEntries(
    Object.entries(ROW).map(([name, value]) => [
      name,
      fc.oneof({ weight: 5, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: anything }),
    ]),
  ),
  { requiredKeys: [] },
);
const chart = { balances: { source: '@stripe', guest: '@stripe-guest' }, cutOver: null };
const context = { syncId: 'sync_1', livemode: false };

test('whatever a row holds, each of its legs has a posting or a reason, and Postgres takes its texts', () => {
  fc.assert(
    fc.property(fc.oneof(anyRow, fc.jsonValue()), (row) => {
      const bt = transactionOf(row);
      const texts = JSON.stringify(bt, (_key, value: unknown) =>
        typeof value === 'bigint' ? `${value}` : value,
      );
      expect(texts).not.toMatch(/\\u0000|\\ud[89a-f]/);
      const legs = legsOf(bt, NOTHING_KNOWN, chart);
      if (bt.fault !== null && bt.amount !== 0n) expect(legs.length).toBeGreaterThan(0);
      for (const leg of legs) {
        const verdict = judge(leg, context);
        if (verdict.kind === 'set_aside') expect(isReasonCode(verdict.reason)).toBe(true);
      }
    }),
  );
});

test.each(['amount', 'net'])('a row whose %s is longer than a row keeps has a fault', (name) => {
  const long = { fee: undefined, [name]: `1${'0'.repeat(18)}` };
  expect(read(long)).toMatchObject({ [name]: null, fault: 'AMOUNT_UNSAFE' });
  const most = '9'.repeat(18);
  expect(read({ fee: undefined, [name]: most })).toMatchObject({
    ...{ [name]: BigInt(most), fault: null },
  });
});
