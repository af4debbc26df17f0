import type { SyncError } from '../../src/domain/errors';
import { toWire } from '../../src/blnk/posting';
import { dataPage, parseAnswer, toEntry, transactions } from '../../src/blnk/schema';
import { aPosting } from '../support/worlds/a-posting';

const ROW = {
  transaction_id: 'txn_1',
  reference: 'pi_1',
  status: 'APPLIED',
  currency: 'USD',
  precise_amount: 2000,
  precision: 100,
  created_at: '2026-03-01T12:30:05.123456Z',
  meta_data: {
    stripe_customer_id: 'cus_1',
    stripe_sync: { sync_id: 'sync_1', succeeded_at: '2026-03-01T12:30:00Z' },
  },
};
const read = (fields: Record<string, unknown>) => {
  const [row] = parseAnswer(transactions, [{ ...ROW, ...fields }]);
  return toEntry(row!);
};

test('a transaction is read with everything that is compared', () => {
  expect(read({})).toEqual({
    reference: 'pi_1',
    transactionId: 'txn_1',
    status: 'APPLIED',
    amount: 2000n,
    currency: 'USD',
    precision: 100,
    customerId: 'cus_1',
    source: null,
    destination: null,
    syncId: 'sync_1',
    succeededAt: Date.parse('2026-03-01T12:30:00Z') / 1000,
    bookedAt: new Date('2026-03-01T12:30:05.123Z'),
  });
  const balances = { source: 'bln_1', destination: 'bln_2' };
  expect(read(balances)).toMatchObject(balances);
});

test.each([undefined, null, 7, 'yesterday', '2026-13-01T00:00:00Z', '0001-01-01T00:00:00Z'])(
  'a time of %p is not known',
  (created_at) => {
    const meta_data = { stripe_sync: { succeeded_at: created_at } };
    expect(read({ created_at, meta_data })).toMatchObject({ bookedAt: null, succeededAt: null });
  },
);

test.each<[what: string, amount: unknown, read: bigint | null]>([
  ['a number', 9_007_199_254_740_991, 9_007_199_254_740_991n],
  ['text, which may be larger', '9007199254740993', 9_007_199_254_740_993n],
  ['a number that JSON.parse has rounded', JSON.parse('9007199254740993'), null],
  ['a fraction', 20.5, null],
  ['text that is no integer', '20.5', null],
  ['missing', undefined, null],
  ['null', null, null],
])('an amount that is %s', (_what, precise_amount, amount) => {
  expect(read({ precise_amount }).amount).toBe(amount);
});

test.each([0, undefined, null, '100'])('a precision of %p is not known', (precision) => {
  expect(read({ precision }).precision).toBeNull();
});

test.each<[what: string, meta: unknown]>([
  ['missing', undefined],
  ['null', null],
  ['text', 'x'],
  ['empty', {}],
  ['of another app', { stripe_sync: 'x', stripe_customer_id: 7 }],
])('metadata that is %s names nobody', (_what, meta_data) => {
  expect(read({ meta_data })).toMatchObject({
    ...{ customerId: null, syncId: null, succeededAt: null },
  });
});

test.each<[what: string, body: unknown]>([
  ['no array', {}],
  ['nothing', undefined],
  ['a row without its id', [{ ...ROW, transaction_id: '' }]],
  ['a row without its status', [{ ...ROW, status: undefined }]],
])('an answer that is %s is refused, never taken for an empty one', (_what, body) => {
  const code = (work: () => unknown) => {
    try {
      return work();
    } catch (error) {
      return (error as SyncError).code;
    }
  };
  expect(code(() => parseAnswer(transactions, body))).toBe('BLNK_BAD_ANSWER');
});

test('a page of the Data API without its total is refused', () => {
  expect(dataPage.safeParse({ data: [ROW] }).success).toBe(false);
  expect(dataPage.safeParse({ data: [ROW], total: 1 }).success).toBe(true);
});

test('a posting goes out in this very form', () => {
  const posting = aPosting({
    amount: BigInt(Number.MAX_SAFE_INTEGER),
    precision: 1000,
    currency: 'KWD',
    metadata: {
      stripe_payment_intent_id: 'pi_1',
      stripe_customer_id: 'cus_1',
      stripe_sync: { livemode: true, sync_id: 'sync_1' },
    },
  });
  expect(JSON.parse(JSON.stringify(toWire(posting)))).toEqual({
    precise_amount: 9007199254740991,
    precision: 1000,
    currency: 'KWD',
    reference: 'pi_1',
    source: '@stripe',
    destination: '@cus_1',
    description: 'Imported pay-in from Stripe',
    effective_date: '2026-03-01T12:30:05Z',
    meta_data: posting.metadata,
    allow_overdraft: true,
    skip_queue: true,
  });
});
