/** What old runs have left is deleted, and nothing that anybody asks for. */
import { randomUUID } from 'node:crypto';
import { connectDb, type Db } from '../../src/store/db';
import { trimSyncs } from '../../src/store/retention';
import { findSync } from '../../src/store/syncs';
import { testEnvironment } from '../support/environment';

const NEWEST = 100;

let db: Db;
let id: string;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  id = `inst_${randomUUID().slice(0, 8)}`;
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance) values ($1, '@a', '@b')`,
    [id],
  );
  await db.query(
    `insert into sources (source_id, instance_id, livemode, ledger_address, key_fingerprint, is_current,
       listing_id)
     values ($1, $1, false, 'ledger', 'key', true, 'listing under way')`,
    [id],
  );
});

interface Kind {
  readonly status: string;
  readonly daysAgo: number;
  readonly found?: number;
  readonly note?: string;
  readonly legs?: object;
  readonly listing?: string;
}

/** A run with a window and a page. */
async function run(name: string, { status, daysAgo, found = 0, note, legs = {}, listing }: Kind) {
  const syncId = `${id} ${name}`;
  await db.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id,
       started_at, records_found, records_posted, notes, legs)
     values ($1, $2, $3, 'schedule', '{"kind":"full"}', 'w', 'r',
       now() - make_interval(days => $4), $5, $5, $6, $7)`,
    [syncId, id, status, daysAgo, found, note === undefined ? [] : [note], legs],
  );
  await db.query(
    `insert into sync_windows (window_id, sync_id, source_id, feed, position, with_charge, state,
       listing_id)
     values ($1, $1, $2, 'events', 0, false, 'done', $3)`,
    [syncId, id, listing ?? null],
  );
  await db.query(
    `insert into sync_pages (page_id, sync_id, window_id, state) values ($1, $1, $1, 'done')`,
    [syncId],
  );
}

async function fillUp(count: number, daysAgo: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await run(`new ${at}`, { status: 'completed', daysAgo });
}

/** Names in a table, besides those of `fillUp`. */
async function left(table: 'stripe_syncs' | 'sync_windows' | 'sync_pages'): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select sync_id as id from ${table} where sync_id like $1 and sync_id not like $2 order by 1`,
    [`${id} %`, `${id} new %`],
  );
  return rows.map((row) => row.id.slice(id.length + 1));
}

test('a run of more than 30 days ago leaves its row if it found or said something, and else nothing', async () => {
  const old = { daysAgo: 31 };
  await run('idle', { ...old, status: 'completed' });
  await run('skipped', { ...old, status: 'skipped' });
  await run('found', { ...old, status: 'completed', found: 3 });
  await run('failed', { ...old, status: 'failed' });
  await run('noted', { ...old, status: 'completed', note: 'LEDGER_REWOUND' });
  // Its movements may be those of a later listing by now.
  await run('found fees', { ...old, status: 'completed', legs: { fee: { found: 1 } } });
  await run('open', { ...old, status: 'running' });
  await run('recent', { daysAgo: 29, status: 'completed' });
  await run('tried in vain', { ...old, status: 'completed' });
  await db.query(
    `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, state, reason)
     values ('pay_in', $1, 'pi_1', $2, $2, $1, 'quarantined', 'CONFLICT')`,
    [id, `${id} tried in vain`],
  );
  await fillUp(NEWEST, 1);
  await trimSyncs(db, id);
  expect(await left('stripe_syncs')).toEqual([
    'failed',
    'found',
    'found fees',
    'noted',
    'open',
    'recent',
    'tried in vain',
  ]);
  expect(await left('sync_windows')).toEqual(['open', 'recent']);
  expect(await left('sync_pages')).toEqual(['open', 'recent']);
  // What is done is not looked at again.
  await trimSyncs(db, id);
  expect(await findSync(db, `${id} found`)).toMatchObject({ counts: { posted: 3 } });
});

test('for want of a right no run stays for ever, but one that says more than that', async () => {
  const old = { status: 'completed', daysAgo: 31 };
  const note = 'ROWS_NOT_READ STRIPE_PERMISSION_MISSING rak_balance_transaction_source_read';
  await run('no rows', { ...old, note });
  await run('nothing that follows', { ...old, note: 'FOLLOW_UPS_NOT_READ' });
  await run('more', { ...old, note });
  await db.query(`update stripe_syncs set notes = notes || '{LEDGER_REWOUND}' where sync_id = $1`, [
    `${id} more`,
  ]);
  await run('failed', { ...old, status: 'failed', note });
  await fillUp(NEWEST, 1);
  await trimSyncs(db, id);
  expect(await left('stripe_syncs')).toEqual(['failed', 'more']);
});

test('the newest hundred runs stay whole, however old they are', async () => {
  await run('oldest', { status: 'completed', daysAgo: 90 });
  await fillUp(NEWEST - 1, 80);
  await trimSyncs(db, id);
  expect(await left('sync_pages')).toEqual(['oldest']);
  await run('new one', { status: 'skipped', daysAgo: 0 });
  await trimSyncs(db, id);
  expect(await left('stripe_syncs')).toEqual([]);
});

test('windows of a listing stay while it is under way, or read by a later run', async () => {
  const old = { status: 'failed', daysAgo: 31 };
  await run('under way', { ...old, listing: 'listing under way' });
  await db.query(`update sources set rows_listing_id = 'rows under way' where source_id = $1`, [
    id,
  ]);
  await run('rows under way', { ...old, listing: 'rows under way' });
  await run('read later', { ...old, listing: 'another listing' });
  await run('reader', { status: 'running', daysAgo: 0 });
  await db.query(
    `insert into sync_pages (page_id, sync_id, window_id, state) values ($1, $2, $3, 'done')`,
    [`${id} of the reader`, `${id} reader`, `${id} read later`],
  );
  await fillUp(NEWEST, 1);
  await trimSyncs(db, id);
  expect(await left('sync_windows')).toEqual([
    'read later',
    'reader',
    'rows under way',
    'under way',
  ]);
  expect(await left('sync_pages')).toEqual(['reader', 'reader']);
});

test('a long sync is trimmed over several calls', async () => {
  await run('long', { status: 'completed', daysAgo: 40, found: 1 });
  await db.query(
    `insert into sync_pages (page_id, sync_id, window_id, state)
     select $1 || n, $1, $1, 'done' from generate_series(1, 4500) n`,
    [`${id} long`],
  );
  await fillUp(NEWEST, 1);
  const pages = [];
  for (let call = 0; call < 3; call += 1) {
    await trimSyncs(db, id);
    pages.push((await left('sync_pages')).length);
  }
  expect(pages).toEqual([2501, 501, 0]);
  expect(await left('sync_windows')).toEqual([]);
  expect(await left('stripe_syncs')).toEqual(['long']);
});
