/** Where a key may not read what some rows came from, all others are read in as few parts as can be. */
import { SyncError } from '../../src/domain/errors';
import { expandedOf, type Part } from '../../src/stripe/expanded';

interface Row {
  readonly id: string;
  readonly source: string | null;
}

/** `ch du` is a row of a charge above one of a dispute; `-` came from nothing. */
const rowsOf = (kinds: string): Row[] =>
  kinds.split(' ').map((kind, at) => ({
    id: `txn_${at}`,
    source: kind === '-' ? null : `${kind}_${at}`,
  }));

const RIGHTS = { du: 'rak_dispute_read', po: 'rak_payout_read', ch: 'rak_charge_read' };

/** Stripe with a key that lacks rights; what it is asked for is kept. */
function server(rows: readonly Row[], lacks: readonly string[], names = (right: string) => right) {
  const asked: Part[] = [];
  const ask = (part: Part) => {
    asked.push(part);
    const start =
      part.after === 'txn_above' ? 0 : rows.findIndex(({ id }) => id === part.after) + 1;
    const shown = rows.slice(start, start + part.length);
    for (const { source } of shown) {
      const right = Object.entries(RIGHTS).find(([kind]) => source?.startsWith(`${kind}_`))?.[1];
      if (right === undefined || !lacks.includes(right)) continue;
      return Promise.reject(
        new SyncError('STRIPE_PERMISSION_MISSING', { permission: names(right) }),
      );
    }
    return Promise.resolve(shown.map((row) => ({ ...row, source: { id: row.source } })));
  };
  return { ask, asked };
}

/** The id alone, or that it is there in full. */
const told = (rows: readonly unknown[]) =>
  (rows as { source: unknown }[]).map(({ source }) =>
    typeof source === 'object' && source ? 'in' : source,
  );

test('one kind that is refused costs a request for each stretch between', async () => {
  const rows = rowsOf('- ch ch du ch - re -');
  const { ask, asked } = server(rows, ['rak_dispute_read']);
  const expanded = await expandedOf(rows, 'txn_above', ['rak_dispute_read'], ask);
  expect(told(expanded.rows)).toEqual([null, 'in', 'in', 'du_3', 'in', 'in', 'in', null]);
  expect(expanded.missing).toEqual(['rak_dispute_read']);
  expect(asked).toEqual([
    { after: 'txn_0', length: 2 },
    { after: 'txn_3', length: 3 },
  ]);
});

test('a part that is refused for another kind is cut there', async () => {
  const rows = rowsOf('ch po ch du');
  const { ask, asked } = server(rows, ['rak_dispute_read', 'rak_payout_read']);
  const expanded = await expandedOf(rows, 'txn_above', ['rak_dispute_read'], ask);
  expect(told(expanded.rows)).toEqual(['in', 'po_1', 'in', 'du_3']);
  expect(expanded.missing).toEqual(['rak_dispute_read', 'rak_payout_read']);
  expect(asked).toHaveLength(3);
  expect(asked[1]).toEqual({ after: 'txn_above', length: 1 });
});

test.each(['not named by Stripe', 'rak_balance_transaction_source_read', 'rak_moon_read'])(
  'where the right is %s, nothing more is asked for',
  async (right) => {
    const rows = rowsOf('ch du');
    const { ask, asked } = server(rows, []);
    expect(await expandedOf(rows, null, [right], ask)).toEqual({ rows, missing: [right] });
    expect(asked).toEqual([]);
  },
);

test('a part that is refused once more for the same right keeps its ids', async () => {
  const rows = rowsOf('ch ch du ch');
  const { ask } = server(rows, ['rak_charge_read'], () => 'rak_dispute_read');
  const expanded = await expandedOf(rows, null, ['rak_dispute_read'], ask);
  expect(expanded).toEqual({ rows, missing: ['rak_dispute_read'] });
});

test('an answer that is cut into many parts is read to its end', async () => {
  const rows = rowsOf(Array.from({ length: 50 }, () => 'ch du').join(' '));
  const { ask, asked } = server(rows, ['rak_dispute_read']);
  const expanded = await expandedOf(rows, 'txn_above', ['rak_dispute_read'], ask);
  expect(asked).toHaveLength(50);
  expect(told(expanded.rows).filter((one) => one === 'in')).toHaveLength(50);
});

test('rows that have appeared since are not added, and none is lost', async () => {
  const rows = rowsOf('ch du ch');
  const late = { id: 'txn_late', source: { id: 'ch_late' } };
  const expanded = await expandedOf(rows, null, ['rak_dispute_read'], () =>
    Promise.resolve([late]),
  );
  expect(expanded.rows).toEqual(rows);
});

test('below a row without an id nothing can be asked for until one has an id', async () => {
  const rows = [{ source: 'du_1' }, ...rowsOf('ch ch')];
  const { ask, asked } = server(rowsOf('ch ch'), []);
  await expandedOf(rows, null, ['rak_dispute_read'], ask);
  expect(asked).toEqual([{ after: 'txn_0', length: 1 }]);
});

test('any other failure is that of the whole answer', async () => {
  const failing = () => Promise.reject(new SyncError('STRIPE_UNAVAILABLE'));
  await expect(
    expandedOf(rowsOf('ch du'), null, ['rak_dispute_read'], failing),
  ).rejects.toMatchObject({ code: 'STRIPE_UNAVAILABLE' });
});
