/** What a first sync takes a used source balance for, and what that may cost. */
import type { LedgerBalance } from '../../src/domain/ledger-balances';
import { beginningIn } from '../../src/engine/carried-before';

const balances = { source: '@stripe', guest: '@stripe-guest' };
const owner = { account: 'acct_1', accountKey: 'acct_1', livemode: false };

const used = (name: string): LedgerBalance => ({
  ...{ balanceId: name, name, currency: 'USD', balance: -5n, debits: 5n, credits: 0n },
});

test('an opening balance that is not among the first pages of its own is not taken for one that is gone', async () => {
  let pages = 0;
  const ledger = {
    turnoversOf: (names: readonly string[]) => Promise.resolve(names.map(used)),
    turnoversAt: () => Promise.resolve(undefined),
    linesOn: () => Promise.resolve({ lines: [], next: `page ${(pages += 1)}` }),
  };
  const { signal } = new AbortController();
  expect(await beginningIn(ledger, { balances, owner }, 1_700_000_000, signal)).toEqual({
    ...{ kind: 'declined', why: 'SOURCE_BALANCE_USED' },
  });
  expect(pages).toBe(20);
});
