/** What the product relies on when it asks Blnk Core for the names of balances by their ids. */
import { coreError, keyFor, lookUp, openCore, posted, type Core } from './support';

let core: Core;
let ids: { source: string; destination: string };
beforeAll(async () => {
  core = await openCore();
  await post('named');
  const { named } = await lookUp(core, 'named');
  ids = { source: String(named?.['source']), destination: String(named?.['destination']) };
}, 60_000);
afterAll(() => core.close());

const post = (name: string, changes: Record<string, unknown> = {}) => posted(core, name, changes);
const filter = (values: readonly string[], limit = 100, key?: string) =>
  core.post(
    '/balances/filter',
    { filters: [{ field: 'balance_id', operator: 'in', values }], limit },
    key,
  );

const names = () => [
  expect.objectContaining({
    balance_id: ids.source,
    indicator: `@contract-${core.run}`,
  }) as unknown,
  expect.objectContaining({
    balance_id: ids.destination,
    indicator: `@cus_${core.run}`,
  }) as unknown,
];

test('a filter by ids gives the names of the balances that a transaction was booked between', async () => {
  const answer = await filter([ids.source, ids.destination, 'bln_none']);
  expect(answer.status).toBe(200);
  expect(answer.json).toHaveLength(2);
  expect(answer.json).toEqual(expect.arrayContaining(names()));
});

test('a query by ids gives the same', async () => {
  const answer = await core.get(
    `/balances?balance_id_in=${ids.source},${ids.destination}&limit=100`,
  );
  expect(answer.status).toBe(200);
  expect(answer.json).toHaveLength(2);
  expect(answer.json).toEqual(expect.arrayContaining(names()));
});

test('where none is known the answer is null, not an empty list', async () => {
  const answers = [await filter(['bln_none']), await core.get('/balances?balance_id_in=bln_none')];
  expect(answers.map(({ status, json }) => [status, json])).toEqual([
    [200, null],
    [200, null],
  ]);
});

test('a hundred ids are all answered by one call, and a limit of 101 silently becomes 20', async () => {
  for (let first = 0; first < 101; first += 10) {
    const numbers = Array.from({ length: Math.min(10, 101 - first) }, (_, at) => first + at);
    await Promise.all(
      numbers.map((at) => post(`many-${at}`, { destination: `@cus_${core.run}_${at}` })),
    );
  }
  const rows = {
    ...(await lookUp(core, ...many(0, 100))),
    ...(await lookUp(core, ...many(100, 101))),
  };
  const all = Object.values(rows).map((row) => String(row['destination']));
  expect(new Set(all).size).toBe(101);
  expect((await filter(all.slice(0, 100))).json).toHaveLength(100);
  expect((await filter(all, 101)).json).toHaveLength(20);
}, 60_000);

const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `many-${from + at}`);

test('a value of a query takes 1,000 characters and no more', async () => {
  const fits = await core.get(`/balances?balance_id_in=${`${ids.source},`.padEnd(1000, 'x')}`);
  const tooLong = await core.get(`/balances?balance_id_in=${`${ids.source},`.padEnd(1001, 'x')}`);
  expect(fits.json).toMatchObject([{ balance_id: ids.source }]);
  expect(tooLong.status).toBe(400);
  expect(tooLong.json).toEqual(coreError('GEN_VALIDATION_ERROR'));
});

test('a filter by no ids at all is refused', async () => {
  expect((await filter([])).json).toEqual(coreError('GEN_BAD_REQUEST'));
});

test('the filter needs the right to write balances, the query the right to read them', async () => {
  const query = `/balances?balance_id_in=${ids.source}`;
  for (const [scope, filtered, queried] of [
    ['balances:write', 200, 403],
    ['balances:read', 403, 200],
    ['transactions:write', 403, 403],
  ] as const) {
    const key = await keyFor(core, scope);
    expect([
      scope,
      (await filter([ids.source], 100, key)).status,
      (await core.get(query, key)).status,
    ]).toEqual([scope, filtered, queried]);
  }
});
