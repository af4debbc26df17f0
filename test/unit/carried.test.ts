/** Which postings on the source balance are legs of ours by the ledger's own word, and since when there are any. */
import { addCarried, isOwnLeg, NOTHING_CARRIED } from '../../src/domain/opening/carried';
import type { LedgerLine } from '../../src/domain/ledger-balances';

const OWNER = { account: 'acct_1', accountKey: 'acct_1', livemode: false };
const MOMENT = Date.UTC(2026, 10, 5, 12) / 1000;

const of = (own: object) => ({ metadata: { stripe_sync: own } });

test.each([
  ['a leg of this account and mode', { leg: 'gross', account: 'acct_1', livemode: false }, true],
  ['one of another account', { leg: 'gross', account: 'acct_2', livemode: false }, false],
  ['one of an account that is not told', { leg: 'gross', livemode: false }, false],
  ['one of the other mode', { leg: 'gross', account: 'acct_1', livemode: true }, false],
  ['a pay-in', { account: 'acct_1', livemode: false }, false],
])('%s is told apart', (_what, own, isOurs) => {
  expect(isOwnLeg(of(own), OWNER)).toBe(isOurs);
});

test('what takes back a posting of others is no leg, also where no key tells its account', () => {
  const unknown = { ...OWNER, account: null, accountKey: 'key_1' };
  expect(isOwnLeg(of({ leg: 'gross', livemode: false }), unknown)).toBe(true);
  expect(isOwnLeg(of({ leg: 'reversed', livemode: false }), unknown)).toBe(false);
});

test('they were carried over since the oldest that is dated as its row', () => {
  const line = (leg: string, at: number): LedgerLine => ({
    ...{
      transactionId: 'blnk_1',
      reference: 'txn_1',
      status: 'APPLIED',
      amount: 5n,
      precision: 100,
    },
    ...{ currency: 'USD', source: '@stripe', destination: '@stripe-fees', description: null },
    ...{ direction: 'debit', bookedAt: new Date(at * 1000), effectiveAt: new Date(at * 1000) },
    ...of({ leg, account: 'acct_1', livemode: false }),
  });
  const lines = [line('fee', MOMENT), line('fee', MOMENT + 60), line('fx1', MOMENT - 86_400)];
  for (const all of [lines, lines.toReversed()]) {
    const { first } = all.reduce((sum, one) => addCarried(sum, one, OWNER), NOTHING_CARRIED);
    expect(first).toBe(MOMENT);
  }
});
