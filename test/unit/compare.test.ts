/** What an entry of the ledger is held against, fact by fact; `explain` says no more than this. */
import { ANY_CONNECTED } from '../../src/domain/movements/counter';
import { compare, decide } from '../../src/domain/decide';
import type { LedgerEntry } from '../../src/domain/ledger';
import { aPosting } from '../support/worlds/a-posting';

const POSTING = aPosting();

const ENTRY: LedgerEntry = {
  reference: 'pi_1',
  transactionId: 'txn_1',
  status: 'APPLIED',
  amount: 2000n,
  currency: 'USD',
  precision: 100,
  customerId: 'cus_1',
  source: '@stripe',
  destination: '@cus_1',
  syncId: null,
  succeededAt: null,
  bookedAt: null,
};

const isThere = (entry: LedgerEntry, posting = POSTING) =>
  decide(
    posting,
    new Map([
      ['pi_1', entry],
      ['pi_1_q', null],
    ]),
    'sync_now',
  ).kind === 'there';

test('what an entry does not carry is neither equal nor different', () => {
  const bare = { ...ENTRY, precision: null, customerId: null, source: null };
  expect(compare(POSTING, { ...bare, destination: '@cus_2' })).toEqual({
    amount: true,
    currency: true,
    precision: null,
    payer: null,
    source: null,
    destination: false,
  });
});

test.each<[what: string, source: string, destination: string]>([
  ['from the customer to the source, as a refund runs', '@cus_1', '@stripe'],
  ['between two balances of another program', '@World', '@wallet-77'],
  ['to somebody else', '@stripe', '@cus_SOMEBODYELSE'],
  ['from a balance without a name', 'bln_1', '@cus_1'],
  ['to the guests', '@stripe', '@stripe-guest'],
])('a transaction under our reference %s is not the pay-in', (_what, source, destination) => {
  const foreign = { ...ENTRY, customerId: null, source, destination };
  expect(isThere(foreign)).toBe(false);
});

test('a payer whom the same intent names by two ids may have been booked under either', () => {
  const posting = { ...POSTING, also: { customerIds: ['acct_1'], destinations: ['@acct_1'] } };
  const other = { ...ENTRY, customerId: 'acct_1', destination: '@acct_1' };
  expect(isThere(ENTRY, posting)).toBe(true);
  expect(isThere(other, posting)).toBe(true);
  expect(isThere({ ...other, destination: '@acct_2' }, posting)).toBe(false);
  expect(isThere({ ...other, customerId: 'acct_2' }, posting)).toBe(false);
  expect(isThere(other)).toBe(false);
});

test('a transfer that could not be read may have been booked with any connected account, and nobody else', () => {
  const also = { customerIds: [], destinations: [ANY_CONNECTED] };
  const posting = aPosting({ destination: '@stripe-transfers', also });
  const isAt = (destination: string) => isThere({ ...ENTRY, destination }, posting);
  expect(['@stripe-transfers', '@acct_Other', '@cus_2', '@stripe-acct_'].map(isAt)).toEqual([
    ...[true, true, false, false],
  ]);
});
