/** What the proof relies on when it looks for postings that are in the ledger and not ours. */
import {
  coreError,
  eventually,
  keyFor,
  openCore,
  posted,
  type Core,
  type StoredRow,
} from './support';

let core: Core;
let name: string;
let rows: { id: string; createdAt: string }[];
let balanceId: string;
beforeAll(async () => {
  core = await openCore();
  name = `@contract-${core.run}`;
  const made: Record<string, unknown>[] = [];
  // One after the other: their order is looked at.
  for (let at = 0; at < 12; at += 1) {
    const direction = at % 3 === 2 ? back() : {};
    made.push(await posted(core, `row-${at}`, { ...direction, precise_amount: at + 1 }));
  }
  await posted(core, 'elsewhere', { source: `@contract-${core.run}-other` });
  const [balance] = (await core.get(`/balances?indicator_eq=${name}`)).json as [
    { balance_id: string },
  ];
  balanceId = balance.balance_id;
  const stored = await list();
  rows = stored.map((row) => ({
    id: String(row['transaction_id']),
    createdAt: String(row['created_at']),
  }));
  expect(rows.map(({ id }) => id)).toEqual(made.map((row) => row['transaction_id']));
}, 60_000);
afterAll(() => core.close());

const back = () => ({ source: `@cus_${core.run}`, destination: name });

async function list(
  conditions: readonly object[] = [],
  options: Record<string, unknown> = {},
): Promise<StoredRow[]> {
  const answer = await core.post('/transactions/filter', {
    filters: [{ field: 'balance_id', operator: 'eq', value: balanceId }, ...conditions],
    ...{ sort_by: 'created_at', sort_order: 'asc', limit: 100, ...options },
  });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json as StoredRow[];
}

const created = (operator: string, value: string) => ({ field: 'created_at', operator, value });
const idsOf = (found: readonly StoredRow[]) => found.map((row) => row['transaction_id']);
const idsFrom = (from: number, to = rows.length) => rows.slice(from, to).map(({ id }) => id);

test('a filter by a balance gives the postings of both of its sides, oldest first where that is asked', async () => {
  const found = await list();
  expect(idsOf(found)).toEqual(idsFrom(0));
  expect(found[0]).toMatchObject({
    ...{ reference: `${core.run}_row-0`, status: 'APPLIED', precise_amount: 1, currency: 'USD' },
    ...{ source: balanceId, description: 'Imported pay-in from Stripe' },
    meta_data: { stripe_payment_intent_id: `${core.run}_row-0` },
  });
  expect(found[2]).toMatchObject({ destination: balanceId, precise_amount: 3 });
});

test('a time is exact to the microsecond that an answer tells', async () => {
  const { createdAt } = rows[5]!;
  expect(idsOf(await list([created('gte', createdAt)]))).toEqual(idsFrom(5));
  expect(idsOf(await list([created('gt', createdAt)]))).toEqual(idsFrom(6));
  expect(idsOf(await list([created('lte', createdAt)]))).toEqual(idsFrom(0, 6));
  const between = [rows[2]!.createdAt, rows[4]!.createdAt];
  const both = { field: 'created_at', operator: 'between', values: between };
  expect(idsOf(await list([both]))).toEqual(idsFrom(2, 5));
});

test('the offset of a time is ignored: it must be UTC', async () => {
  const asBerlin = rows[5]!.createdAt.replace('Z', '+01:00');
  expect(idsOf(await list([created('gte', asBerlin)]))).toEqual(idsFrom(5));
});

test('what is no time is answered with an error, not with everything', async () => {
  await expect(list([created('gte', 'no time')])).rejects.toThrow('GEN_INTERNAL');
});

test('pages sorted by id meet each posting once', async () => {
  const pages = await Promise.all(
    [0, 5, 10].map((offset) => list([], { sort_by: 'transaction_id', limit: 5, offset })),
  );
  expect(pages.map((page) => page.length)).toEqual([5, 5, 2]);
  expect(new Set(idsOf(pages.flat()))).toEqual(new Set(idsFrom(0)));
});

test('a query by the balance and two times gives the same, newest first', async () => {
  const times = encodeURIComponent(`${rows[2]!.createdAt}|${rows[4]!.createdAt}`);
  const { json } = await core.get(
    `/transactions?balance_id_eq=${balanceId}&status_eq=APPLIED&created_at_between=${times}`,
  );
  expect(idsOf(json as StoredRow[])).toEqual(idsFrom(2, 5).reverse());
});

test('what is APPLIED adds up to the turnovers, whatever else stands on the balance', async () => {
  await posted(core, 'rejected', { skip_queue: false, allow_overdraft: false });
  await posted(core, 'queued', { skip_queue: false, precise_amount: 40 });
  const applied = { field: 'status', operator: 'eq', value: 'APPLIED' };
  const found = await eventually(async () => {
    const all = await list([applied]);
    return all.length === rows.length + 1 ? all : undefined;
  });
  const sum = (side: 'source' | 'destination') =>
    found
      .filter((row) => row[side] === balanceId)
      .reduce((total, row) => total + Number(row['precise_amount']), 0);
  const { json } = await core.get(`/balances?indicator_eq=${name}`);
  expect(json).toMatchObject([
    { debit_balance: sum('source'), credit_balance: sum('destination') },
  ]);
});

test('a key that may post may list the postings of a balance by a filter', async () => {
  const body = { filters: [{ field: 'balance_id', operator: 'in', values: [balanceId] }] };
  const key = await keyFor(core, 'transactions:write');
  expect((await core.post('/transactions/filter', body, key)).status).toBe(200);
});

test('metadata is found by a key at its top, and by nothing inside of one', async () => {
  const meta_data = { stripe_balance_transaction_id: `${core.run}_bt`, nested: { inner: 'x' } };
  await posted(core, 'meta', { meta_data });
  await posted(core, 'meta-2', { meta_data });
  const filter = (field: string, value: string) =>
    core.post('/transactions/filter', { filters: [{ field, operator: 'eq', value }], limit: 100 });
  const found = await filter('meta_data.stripe_balance_transaction_id', `${core.run}_bt`);
  expect((found.json as StoredRow[]).map(({ reference }) => reference).sort()).toEqual([
    `${core.run}_meta`,
    `${core.run}_meta-2`,
  ]);
  const inner = await filter('meta_data.nested.inner', 'x');
  expect([inner.status, inner.json]).toEqual([400, coreError('GEN_BAD_REQUEST')]);
});

test('metadata that is added stays beside what is there, and what is nested is replaced', async () => {
  const row = await posted(core, 'added', { meta_data: { kept: 1, nested: { before: 1 } } });
  const added = await core.post(`/${String(row['transaction_id'])}/metadata`, {
    meta_data: { note: 'seen', nested: { after: 1 } },
  });
  expect(added.status).toBe(200);
  const answer = await core.get(`/transactions?reference_eq=${core.run}_added`);
  expect(answer.json).toMatchObject([{ precise_amount: 2000, status: 'APPLIED' }]);
  expect((answer.json as StoredRow[])[0]?.['meta_data']).toEqual({
    ...{ allow_overdraft: true, kept: 1, note: 'seen', nested: { after: 1 } },
  });
});

test('metadata of what does not exist is answered 404', async () => {
  const answer = await core.post('/txn_none/metadata', { meta_data: { note: 'x' } });
  expect([answer.status, answer.json]).toEqual([404, coreError('META_ENTITY_NOT_FOUND')]);
});
