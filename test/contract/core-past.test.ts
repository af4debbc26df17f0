/** What the proof relies on when it asks Blnk Core for a balance at a time, and when rows are lost there. */
import { coreError, eventually, openCore, posted, tamperingOf, type Core } from './support';

let core: Core;
let name: string;
beforeAll(async () => {
  core = await openCore();
  name = `@contract-${core.run}`;
});
afterAll(() => core.close());

const NOON = '2024-03-01T12:00:00Z';
const LONG_AFTER = '2100-01-01T00:00:00Z';

async function idOf(indicator: string): Promise<string> {
  const { json } = await core.get(`/balances/indicator/${indicator}/currency/USD`);
  return (json as { balance_id: string }).balance_id;
}

async function at(id: string, timestamp: string, fromSource = true) {
  const query = `timestamp=${encodeURIComponent(timestamp)}&from_source=${fromSource}`;
  return (await core.get(`/balances/${id}/at?${query}`)).json as {
    balance: { debit_balance: number; credit_balance: number; balance: number };
    from_source: boolean;
  };
}
const debitsAt = async (...asked: Parameters<typeof at>) =>
  (await at(...asked)).balance.debit_balance;

test('a balance at a time goes by the effective dates, and includes that instant', async () => {
  await posted(core, 'noon', { effective_date: NOON });
  await posted(core, 'back', {
    ...{ precise_amount: 500, effective_date: '2024-03-01T12:00:01Z' },
    ...{ source: `@cus_${core.run}`, destination: name },
  });
  const id = await idOf(name);
  expect(await debitsAt(id, '2024-03-01T11:59:59.999Z')).toBe(0);
  expect(await at(id, NOON)).toMatchObject({
    balance: { debit_balance: 2000, credit_balance: 0, balance: -2000 },
    from_source: true,
  });
  expect((await at(id, LONG_AFTER)).balance).toMatchObject({
    ...{ debit_balance: 2000, credit_balance: 500, balance: -1500, currency: 'USD' },
    balance_id: id,
  });
  expect(await debitsAt(id, '2024-03-01T13:00:00+01:00')).toBe(2000);
});

test('an unknown balance and a date without a time are refused', async () => {
  const unknown = await core.get(`/balances/bln_none/at?timestamp=${NOON}&from_source=true`);
  expect([unknown.status, unknown.json]).toEqual([404, coreError('BAL_NOT_FOUND')]);
  const day = await core.get(`/balances/${await idOf(name)}/at?timestamp=2024-03-01`);
  expect([day.status, day.json]).toEqual([400, coreError('BAL_INVALID_TIMESTAMP')]);
});

test('after a snapshot a back-dated posting is missing, unless the rows are asked for', async () => {
  const source = `@contract-${core.run}-snapshot`;
  await posted(core, 'before-snapshot', { source, precise_amount: 10 });
  const id = await idOf(source);
  expect((await core.post('/balances-snapshots', {})).status).toBe(200);
  // It is taken in the background; until then both ways give the same.
  const asOf = await eventually(async () => {
    const reference = `probe-${Date.now()}`;
    await posted(core, reference, { source, precise_amount: 1, effective_date: NOON });
    const [quick, whole] = [await debitsAt(id, LONG_AFTER, false), await debitsAt(id, LONG_AFTER)];
    return quick === whole ? undefined : { quick, whole };
  });
  expect(asOf.quick).toBeLessThan(asOf.whole);
  const { json } = await core.get(`/balances?indicator_eq=${source}`);
  expect(json).toMatchObject([{ debit_balance: asOf.whole }]);
});

test('turnovers still count a row that was deleted from the database; the rows do not', async () => {
  const tampering = tamperingOf(core);
  if (!tampering) return;
  const source = `@contract-${core.run}-lost`;
  for (const reference of ['lost-1', 'lost-2', 'lost-3']) {
    await posted(core, reference, { source, precise_amount: 100 });
  }
  const id = await idOf(source);
  const turnover = async () =>
    ((await core.get(`/balances/${id}`)).json as { debit_balance: number }).debit_balance;
  const countAgain = () =>
    core.post(`/${id}/metadata`, { meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE' } });

  await tampering.loseRow(`${core.run}_lost-2`);
  expect([await turnover(), await debitsAt(id, LONG_AFTER)]).toEqual([300, 200]);

  // Its reference is free, and the balance counts it a second time.
  await posted(core, 'lost-2', { source, precise_amount: 100 });
  expect([await turnover(), await debitsAt(id, LONG_AFTER)]).toEqual([400, 300]);

  expect((await countAgain()).status).toBe(200);
  expect(await turnover()).toBe(300);

  // The other way round nothing is ever counted twice.
  await tampering.loseRow(`${core.run}_lost-3`);
  await countAgain();
  expect(await turnover()).toBe(200);
  await posted(core, 'lost-3', { source, precise_amount: 100 });
  expect([await turnover(), await debitsAt(id, LONG_AFTER)]).toEqual([300, 300]);
});
