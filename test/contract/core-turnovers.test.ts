/** What the proof relies on when it asks Blnk Core what went out of a balance and what came into it. */
import { coreError, eventually, keyFor, openCore, posted, type Core } from './support';

let core: Core;
let name: string;
beforeAll(async () => {
  core = await openCore();
  name = `@contract-${core.run}`;
  await posted(core, 'usd');
  await posted(core, 'usd-2', { precise_amount: 300 });
  await posted(core, 'usd-back', { precise_amount: 500, ...back() });
  await posted(core, 'eur', { currency: 'EUR' });
}, 60_000);
afterAll(() => core.close());

const back = () => ({ source: `@cus_${core.run}`, destination: name });
const byQuery = async (query: string) =>
  (await core.get(`/balances?${query}`)).json as Record<string, unknown>[] | null;
const byFilter = async (...filters: object[]) =>
  (await core.post('/balances/filter', { filters, limit: 100 })).json;
const turnovers = (currency: string, debit_balance: number, credit_balance: number) =>
  expect.objectContaining({
    ...{ indicator: name, currency, debit_balance, credit_balance },
    balance: credit_balance - debit_balance,
  }) as unknown;

test('a query by name gives its balances of all currencies with debits and credits', async () => {
  const found = await byQuery(`indicator_in=${name},@contract-${core.run}-none&limit=1000`);
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([turnovers('USD', 2300, 500), turnovers('EUR', 2000, 0)]),
  );
});

test('a filter by name gives the same, and currencies narrow it', async () => {
  const named = { field: 'indicator', operator: 'in', values: [name] };
  const euros = { field: 'currency', operator: 'eq', value: 'EUR' };
  expect(await byFilter(named)).toHaveLength(2);
  expect(await byFilter(named, euros)).toEqual([turnovers('EUR', 2000, 0)]);
});

test('a name that was never used has no balances: null, not an empty list', async () => {
  expect(await byQuery(`indicator_eq=@contract-${core.run}-none&limit=1000`)).toBeNull();
});

test('a posting and its opposite leave the balance as it was, and both turnovers higher', async () => {
  const pair = { currency: 'GBP', precise_amount: 700 };
  await posted(core, 'gbp', pair);
  await posted(core, 'gbp-back', { ...pair, ...back() });
  expect(await byQuery(`indicator_eq=${name}&currency_eq=GBP`)).toEqual([
    turnovers('GBP', 700, 700),
  ]);
});

test('turnovers above the safe integers are written as integers, to the last digit', async () => {
  for (const at of [1, 2, 3]) {
    await posted(core, `kwd-${at}`, { currency: 'KWD', precise_amount: 9_007_199_254_740_991 });
  }
  const { text } = await core.get(`/balances?indicator_eq=${name}&currency_eq=KWD`);
  expect(text).toContain('"debit_balance":27021597764222973,');
  expect(text).toContain('"balance":-27021597764222973,');
});

test('one query gives more than a hundred balances, in pages of whatever size is asked for', async () => {
  const codes = Array.from({ length: 101 }, (_, at) => `X${String(at).padStart(2, '0')}`);
  const many = `@contract-${core.run}-many`;
  for (let first = 0; first < codes.length; first += 10) {
    await Promise.all(
      codes
        .slice(first, first + 10)
        .map((currency) => posted(core, `many-${currency}`, { currency, source: many })),
    );
  }
  const all = await byQuery(`indicator_eq=${many}&limit=1000`);
  const rest = await byQuery(`indicator_eq=${many}&limit=100&offset=100`);
  expect(new Set(all?.map(({ currency }) => currency)).size).toBe(101);
  expect(rest).toHaveLength(1);
}, 60_000);

test('a rejected posting counts nowhere, and a queued one from when it is applied', async () => {
  const source = `@contract-${core.run}-queued`;
  const queued = { skip_queue: false, source };
  await posted(core, 'rejected', { ...queued, allow_overdraft: false });
  await posted(core, 'queued', { ...queued, precise_amount: 40 });
  const counted = await eventually(async () => {
    const [balance] = (await byQuery(`indicator_eq=${source}`)) ?? [];
    return balance?.['debit_balance'] === 0 ? undefined : balance;
  });
  expect(counted).toMatchObject({ debit_balance: 40, credit_balance: 0 });
});

test('a balance is counted again from its rows on request, and says what that has changed', async () => {
  const [balance] = (await byQuery(`indicator_eq=${name}&currency_eq=USD`)) ?? [];
  const id = String(balance?.['balance_id']);
  const answer = await core.post(`/${id}/metadata`, {
    meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE' },
  });
  expect(answer.status).toBe(200);
  const [counted] = (await byQuery(`indicator_eq=${name}&currency_eq=USD`)) ?? [];
  expect(counted).toEqual(turnovers('USD', 2300, 500));
  expect(counted?.['meta_data']).toEqual({
    BLNK_RECONCILIATION_RESULT: expect.objectContaining({
      difference: '0',
      previous_debit: '2300',
      recalculated_debit: '2300',
      recalculated_credit: '500',
    }) as unknown,
  });
});

test('turnovers need a right of their own, and no scope allows to count again', async () => {
  const [balance] = (await byQuery(`indicator_eq=${name}&currency_eq=USD`)) ?? [];
  const id = String(balance?.['balance_id']);
  for (const [scope, read] of [
    ['balances:read', 200],
    ['transactions:write', 403],
  ] as const) {
    const key = await keyFor(core, scope);
    const { status } = await core.get(`/balances?indicator_eq=${name}`, key);
    const at = await core.get(`/balances/${id}/at?from_source=true`, key);
    expect([scope, status, at.status]).toEqual([scope, read, read]);
  }
  const everything = ['balances', 'transactions', 'metadata'].flatMap((resource) =>
    ['read', 'write', 'delete'].map((action) => `${resource}:${action}`),
  );
  const refused = await core.post(
    `/${id}/metadata`,
    { meta_data: { note: 'x' } },
    await keyFor(core, ...everything),
  );
  expect([refused.status, refused.json]).toEqual([403, coreError('AUTH_UNKNOWN_RESOURCE')]);
});
