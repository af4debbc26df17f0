/** What a first sync takes a used source balance for, and what that may cost. */
import type { LedgerBalance, LedgerRow } from '../../src/domain/ledger-balances';
import { beginningIn } from '../../src/engine/opening/carried-before';

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
    rowsUnder: () => Promise.resolve([]),
    linesOn: () => Promise.resolve({ lines: [], next: `page ${(pages += 1)}` }),
  };
  const { signal } = new AbortController();
  expect(await beginningIn(ledger, { balances, owner }, 1_700_000_000, signal)).toEqual({
    ...{ kind: 'declined', why: 'SOURCE_BALANCE_USED' },
  });
  expect(pages).toBe(20);
});

const CUT_OVER = Date.UTC(2026, 5, 1) / 1000;
const COUNTED_TO = new Date('2026-06-11T12:00:00.001Z');
const OPENED_AT = new Date('2026-06-11T12:00:02.500Z');
const said = {
  counted_to: COUNTED_TO.toISOString(),
  opened_at: OPENED_AT.toISOString(),
};

/** As the ledger holds it, under one of its references. */
function opening(reference: string, more: object): LedgerRow {
  return {
    ...{ transactionId: 'blnk_1', reference, status: 'APPLIED', amount: 5n, precision: 100 },
    ...{ currency: 'USD', source: '@stripe', destination: '@stripe-opening', description: null },
    bookedAt: new Date('2026-06-11T13:00:00Z'),
    effectiveAt: new Date(CUT_OVER * 1000),
    metadata: { stripe_sync: { leg: 'opening', account: 'acct_1', livemode: false, ...more } },
  };
}

test.each([
  ['what it counts', '', said, { countedTo: COUNTED_TO, openedAt: OPENED_AT }],
  ['nothing of what it counts', '.r2', {}, { countedTo: opening('', {}).bookedAt, openedAt: null }],
  ['no such time', '_q', { ...said, opened_at: 'soon' }, { countedTo: opening('', {}).bookedAt }],
])(
  'one that says %s is found by its reference, wherever it stands',
  async (_what, end, more, counts) => {
    const reference = 'opening.acct_1.USD.2026-06-01';
    const ledger = {
      turnoversOf: (names: readonly string[]) => Promise.resolve(names.map(used)),
      turnoversAt: () => Promise.resolve(undefined),
      linesOn: () => Promise.reject(new Error('no page is read')),
      rowsUnder: (references: readonly string[]) =>
        Promise.resolve(
          references.includes(reference + end) ? [opening(reference + end, more)] : [],
        ),
    };
    const { signal } = new AbortController();
    expect(await beginningIn(ledger, { balances, owner }, CUT_OVER, signal)).toMatchObject({
      ...{ kind: 'carried', cutOver: CUT_OVER, counts },
    });
  },
);

test('one that was rejected is none', async () => {
  const rejected = { ...opening('opening.acct_1.USD.2026-06-01', said), status: 'REJECTED' };
  const ledger = {
    turnoversOf: (names: readonly string[]) => Promise.resolve(names.map(used)),
    turnoversAt: () => Promise.resolve(undefined),
    linesOn: () => Promise.resolve({ lines: [], next: null }),
    rowsUnder: () => Promise.resolve([rejected]),
  };
  const { signal } = new AbortController();
  expect(await beginningIn(ledger, { balances, owner }, CUT_OVER, signal)).toMatchObject({
    kind: 'declined',
  });
});
