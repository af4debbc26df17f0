/** The stand-in of Blnk where its balances and its rows part: what it loses, what is wrong, what it keeps. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { createClock } from '../../sandbox/clock';

let folder: string;
let open: BlnkStandIn[] = [];
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'blnk-balances-'))));
afterEach(async () => {
  await Promise.all(open.map((standIn) => standIn.close()));
  open = [];
});
afterAll(() => rm(folder, { recursive: true }));

async function start(journal?: string): Promise<BlnkStandIn> {
  const standIn = await startBlnkStandIn({
    clock: createClock({ wallMs: () => 1_700_000_000_000 }),
    ...(journal === undefined ? {} : { journal }),
  });
  open.push(standIn);
  return standIn;
}

async function ask(to: BlnkStandIn, method: string, path: string, body?: unknown) {
  const response = await fetch(to.url + path, {
    method,
    headers: { 'X-Blnk-Key': SANDBOX_BLNK_KEY },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const post = (to: BlnkStandIn, reference: string, changes: Record<string, unknown> = {}) =>
  ask(to, 'POST', '/transactions', {
    ...{ precise_amount: 100, precision: 100, currency: 'USD', reference },
    ...{ source: '@stripe', destination: '@cus_1', description: 'A pay-in' },
    ...{ allow_overdraft: true, skip_queue: true, ...changes },
  });
const balance = async (to: BlnkStandIn) =>
  (await ask(to, 'GET', '/balances/indicator/@stripe/currency/USD')).json;
const idOf = async (to: BlnkStandIn) => String((await balance(to))['balance_id']);
const countAgain = async (to: BlnkStandIn) =>
  ask(to, 'POST', `/${await idOf(to)}/metadata`, {
    meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE', note: 'asked for' },
  });

test('a restored backup loses rows and turnovers together, a deleted row only itself', async () => {
  const standIn = await start();
  for (const reference of ['pi_1', 'pi_2', 'pi_3']) await post(standIn, reference);
  await ask(standIn, 'POST', '/sandbox/forget', { references: ['pi_1'] });
  expect(await balance(standIn)).toMatchObject({ debit_balance: 200 });
  await ask(standIn, 'POST', '/sandbox/forget', { references: ['pi_2'], rowsOnly: true });
  expect(await balance(standIn)).toMatchObject({ debit_balance: 200 });
  expect(standIn.ledger.rows.map(({ reference }) => reference)).toEqual(['pi_3']);
});

test('a balance that is younger than a restored backup is gone, and made anew under another id', async () => {
  const journal = join(folder, 'younger.jsonl');
  const standIn = await start(journal);
  await post(standIn, 'pi_1', { destination: '@cus_old' });
  await post(standIn, 'pi_2', { currency: 'EUR', destination: '@cus_old' });
  const euros = '/balances/indicator/@stripe/currency/EUR';
  const before = (await ask(standIn, 'GET', euros)).json['balance_id'];
  await ask(standIn, 'POST', '/sandbox/forget', { newest: 1 });
  expect((await ask(standIn, 'GET', euros)).status).toBe(404);
  expect(await balance(standIn)).toMatchObject({ debit_balance: 100 });
  await post(standIn, 'pi_2', { currency: 'EUR', destination: '@cus_old' });
  const after = (await ask(standIn, 'GET', euros)).json;
  expect(after).toMatchObject({ debit_balance: 100 });
  expect(after['balance_id']).not.toBe(before);
  const reopened = await start(journal);
  expect((await ask(reopened, 'GET', euros)).json).toEqual(after);
});

test('a balance that is wrong stays wrong by as much, until it is counted again', async () => {
  const standIn = await start();
  await post(standIn, 'pi_1');
  const drift = { balance: '@stripe', currency: 'USD', debit: '7' };
  expect((await ask(standIn, 'POST', '/sandbox/drift', drift)).status).toBe(200);
  await post(standIn, 'pi_2');
  expect(await balance(standIn)).toMatchObject({ debit_balance: 207, balance: -207 });
  expect((await countAgain(standIn)).json).toMatchObject({ meta_data: { note: 'asked for' } });
  expect(await balance(standIn)).toMatchObject({
    ...{ debit_balance: 200, balance: -200 },
    meta_data: { note: 'asked for', BLNK_RECONCILIATION_RESULT: { difference: '7' } },
  });
  const unknown = { ...drift, currency: 'EUR' };
  expect((await ask(standIn, 'POST', '/sandbox/drift', unknown)).status).toBe(404);
});

test('what parts them is there again after a process that was killed', async () => {
  const journal = join(folder, 'parted.jsonl');
  const killed = await start(journal);
  for (const reference of ['pi_1', 'pi_2']) await post(killed, reference);
  await ask(killed, 'POST', '/balances-snapshots', {});
  await ask(killed, 'POST', '/sandbox/forget', { references: ['pi_1'], rowsOnly: true });
  await ask(killed, 'POST', '/sandbox/drift', {
    ...{ balance: '@stripe', currency: 'USD', credit: '30' },
  });
  const found = await ask(killed, 'GET', '/transactions/reference/pi_2');
  const own = `/${String(found.json['transaction_id'])}/metadata`;
  await ask(killed, 'POST', own, { meta_data: { note: 'accepted' } });
  await post(killed, 'late', { effective_date: '2020-01-01T00:00:00Z' });

  const reopened = await start(journal);
  for (const ledger of [killed, reopened]) {
    expect(await balance(ledger)).toMatchObject({ debit_balance: 300, credit_balance: 30 });
    const at = `/balances/${await idOf(ledger)}/at?timestamp=2030-01-01T00:00:00Z`;
    expect((await ask(ledger, 'GET', at)).json).toMatchObject({ balance: { debit_balance: 200 } });
    expect((await ask(ledger, 'GET', `${at}&from_source=true`)).json).toMatchObject({
      balance: { debit_balance: 200 },
    });
    const row = await ask(ledger, 'GET', '/transactions/reference/pi_2');
    expect(row.json).toMatchObject({ meta_data: { note: 'accepted', allow_overdraft: true } });
  }
});

test('a journal that was written before balances could part from their rows is read as it was meant', async () => {
  const journal = join(folder, 'old.jsonl');
  const row = (reference: string) => ({
    ...{ status: 'APPLIED', reference, amount: '100', precision: 100, currency: 'USD' },
    ...{ description: 'A pay-in', source: ['USD', '@stripe'], destination: ['USD', '@cus_1'] },
    ...{ created: 1_600_000_000_000_000, effective: null, metaJson: null, parentSeq: null },
  });
  const lines = [
    { type: 'salt', salt: 7 },
    { type: 'row', row: row('pi_1') },
    { type: 'row', row: row('pi_2') },
    { type: 'forget', seqs: [0] },
  ];
  await writeFile(journal, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const standIn = await start(journal);
  expect(await balance(standIn)).toMatchObject({ debit_balance: 100, meta_data: null });
});

test('who asks for the order of time gets it, also where a posting had to wait for a lock', async () => {
  const standIn = await start();
  standIn.ledger.locks.hold('@slow', { seconds: 300, waitMs: 60_000 });
  const waiting = post(standIn, 'pi_waited', { destination: '@slow' });
  // Made when the posting has come in.
  while (standIn.ledger.balances.find('@slow', 'USD') === null) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  standIn.clock.advance(1);
  await post(standIn, 'pi_quick');
  standIn.ledger.locks.clear();
  expect((await waiting).status).toBe(201);
  const found = await ask(standIn, 'POST', '/transactions/filter', {
    filters: [{ field: 'balance_id', operator: 'eq', value: await idOf(standIn) }],
    ...{ sort_by: 'created_at', sort_order: 'asc' },
  });
  expect((found.json as unknown as { reference: string }[]).map((one) => one.reference)).toEqual([
    'pi_waited',
    'pi_quick',
  ]);
});
