/** What a proof reads of the source balance: a running balance is called corrupt only where it stood still meanwhile. */
import { SyncError } from '../../src/domain/errors';
import type { LedgerBalance } from '../../src/domain/ledger-balances';
import { readLedger } from '../../src/engine/proof/ledger-side';
import type { ProofWork } from '../../src/engine/proof/proof-work';

const stating = (debits: bigint): LedgerBalance => ({
  ...{ balanceId: 'bln_1', name: '@stripe', currency: 'USD' },
  ...{ debits, credits: 0n, balance: -debits },
});

/** @param stated debits that the balance states, one for each time that it is asked; null: it is refused */
function ledgerSide(stated: readonly (bigint | null)[], counted: bigint) {
  const left = [...stated];
  const ledger = {
    turnoversOf: () => {
      const debits = left.shift() ?? null;
      if (debits === null) return Promise.reject(new SyncError('BLNK_REFUSED'));
      return Promise.resolve([stating(debits)]);
    },
    turnoversAt: () => Promise.resolve({ debits: counted, credits: 0n }),
  };
  const work = {
    ...{ ledger, balances: { source: '@stripe' }, sync: {}, log: { warn: () => undefined } },
    attempt: { signal: new AbortController().signal, succeeded: () => undefined },
  };
  return readLedger(work as unknown as ProofWork, true);
}

test('the sum of its postings is asked for once where it agrees', async () => {
  expect(await ledgerSide([5n], 5n)).toMatchObject({ corrupt: [], isCounted: true });
});

test('one that states something else, and still does, is corrupt', async () => {
  expect(await ledgerSide([6n, 6n], 5n)).toMatchObject({
    ...{ corrupt: [{ kind: 'corrupt_debits', amount: 5n, theirs: 6n }], isCounted: true },
  });
});

test('one on which something was posted meanwhile is not, and does not count as added up', async () => {
  expect(await ledgerSide([5n, 6n], 6n)).toMatchObject({ corrupt: [], isCounted: false });
});

test('of one that is not told a second time nothing is known', async () => {
  expect(await ledgerSide([6n, null], 5n)).toBeNull();
});
