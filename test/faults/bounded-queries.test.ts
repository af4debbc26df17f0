/**
 * No page, command or sync reads more the more has been synced before: what each of them asks a database
 * that is full is explained, statement by statement.
 */
import { Command } from 'commander';
import { look } from '../../src/alerts/look';
import { addExplain } from '../../src/commands/explain';
import { addQuarantine } from '../../src/commands/quarantine';
import { addStatus } from '../../src/commands/status';
import { addSyncs } from '../../src/commands/syncs';
import type { Context } from '../../src/commands/context';
import type { Run } from '../../src/commands/verb';
import { SyncError } from '../../src/domain/errors';
import { backlogIds } from '../../src/store/backlog';
import { readStanding } from '../../src/store/standing';
import { countOfClosed, moneyByDay, sumsOfSetAside } from '../../src/store/pay-in-totals';
import { listQuarantine } from '../../src/store/movements';
import { readProblemFacts } from '../../src/store/problem-facts';
import { countForPurge, COUNTED } from '../../src/store/purge';
import { currentSource, settleListing, switchSource } from '../../src/store/sources';
import { readAllocationOnceADay } from '../../src/store/stripe-reads';
import type { Place } from '../../src/store/cut';
import { pageOfSetAside, payInsOfSync, type SetAsideFilter } from '../../src/store/set-aside-pages';
import { countSyncs, pageOfSyncs } from '../../src/store/sync-list';
import { listSyncs } from '../../src/store/syncs';
import { openWindows } from '../../src/store/windows';
import { connectDb, type Db } from '../../src/store/db';
import { explainingDb, type ExplainingDb } from '../support/databases/explaining-db';
import { fill, holdingFilled } from '../support/databases/filled-database';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { silentLogger } from '../support/silent-logger';

// Found in tests only as a program is: by its ending.
jest.mock('../../src/commands/links', () => ({ linkTo: () => Promise.resolve(null) }));

const FILLING = {
  ...{ payIns: 50_000, setAside: 10_000, due: 600, staged: 200 },
  ...{ idleRuns: 6_000, windows: 3_000 },
};

/** Tables that grow with what is synced. */
const GROWING = /^(movements|sync_pages|sync_windows|stripe_syncs)/;

/** Rows of all scans of a statement: some hundred a page, and what a few pages hold. */
const MOST = 2_500;

let database: OwnDatabase;
let inner: Db;
let db: ExplainingDb;
let world: DrivenWorld;

beforeAll(async () => {
  database = await startOwnDatabase();
  inner = connectDb(database.url);
  db = explainingDb(inner);
  const startAt = Math.floor(Date.now() / 1000);
  world = await startWorld(db, { startAt, through: holdingFilled });
  await world.stripe.world.pay();
  await world.driver.sync();
  await fill(inner, world.instanceId, FILLING);
}, 600_000);

afterAll(async () => {
  await world.close();
  await inner.close();
  await database.stop();
});

beforeEach(() => db.forget());

/** The statements that read a table from end to end, or more of one than may be. */
function tooMuch(): string[] {
  expect(db.plans.size).toBeGreaterThan(0);
  return [...db.plans.values()].flatMap(({ sql, scans }) => {
    const growing = scans.filter(({ table }) => GROWING.test(table));
    const rows = growing.reduce((sum, one) => sum + one.rows, 0);
    if (rows <= MOST && growing.every(({ how }) => how !== 'Seq Scan')) return [];
    return [
      `${sql}\n${growing.map(({ how, table, rows: n }) => `${how} ${table} ${n}`).join('\n')}`,
    ];
  });
}

afterEach(() => expect(tooMuch()).toEqual([]));

/** A command in this process, with its database explained; Temporal is away. */
async function command(...args: string[]): Promise<unknown> {
  const { instanceId, connection } = world;
  let result: unknown;
  const context = {
    output: { data: (value: unknown) => (result = value) },
    place: { mode: 'main' },
    instanceId: () => Promise.resolve(instanceId),
    ends: () => Promise.resolve(connection),
    parts: () => ({ temporal: { namespace: 'default' } }),
    db: () => Promise.resolve(db),
    temporal: () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE')),
  };
  const run: Run = async (_options, work) => {
    await work(context as unknown as Context);
  };
  const program = new Command();
  for (const add of [addStatus, addQuarantine, addSyncs, addExplain]) add(program, run);
  await program.parseAsync(args, { from: 'user' });
  return result;
}

test('`status` counts without reading what it counts', async () => {
  expect(await command('status')).toMatchObject({
    payIns: {
      posted: FILLING.payIns + 1,
      quarantined: FILLING.setAside + FILLING.due,
      staged: FILLING.staged,
    },
    quarantine: [
      { reason: 'CURRENCY_UNKNOWN', count: 9_000 },
      { reason: 'CONFLICT', count: 1_000 },
      { reason: 'BLNK_FAILED', count: 600 },
    ],
  });
});

test.each([
  ['syncs', 'list'],
  ['syncs', 'show'],
  ['quarantine', 'list'],
  ['explain', 'pi_filled1'],
])('`%s %s` reads what it shows', async (...args) => {
  if (args[0] === 'explain') await expect(command(...args)).rejects.toThrow(SyncError);
  else await command(...args);
});

test('the pages of the portal read what they show', async () => {
  const { instanceId } = world;
  await readStanding(db, instanceId);
  await listSyncs(db, instanceId, 5);
  await listSyncs(db, instanceId, 100, true);
  await listQuarantine(db, instanceId, 200);
  expect(await sumsOfSetAside(db, instanceId)).toHaveLength(9);
  expect(await countOfClosed(db, instanceId)).toBe(0);
  const from = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10);
  const money = await moneyByDay(db, instanceId, from);
  expect(new Set(money.map(({ day }) => day)).size).toBe(30);
});

/** Deep in a list, from both sides. */
const cuts = (place: Place) => [
  { limit: 51, place: undefined, isBack: false },
  { limit: 51, place, isBack: false },
  { limit: 50, place, isBack: true },
];

test.each<[string, Partial<SetAsideFilter>, number]>([
  ['all', {}, 50],
  ['of a frequent reason', { reason: 'CURRENCY_UNKNOWN' }, 50],
  ['of a rare reason', { reason: 'BLNK_FAILED' }, 50],
  ['of a reason that none has', { reason: 'NONE' }, 0],
  ['with one id', { search: `pi_filled${'a'.repeat(32)}` }, 0],
])('the list of what is set aside reads its page only: %s', async (_what, more, rows) => {
  const { instanceId } = world;
  const filter = { closed: false, ...more };
  const [first] = await pageOfSetAside(inner, instanceId, filter, {
    ...{ limit: 1, place: undefined, isBack: false },
  });
  const place = { key: first?.key ?? '1', id: 'pi_filled8' };
  const read = [];
  for (const cut of cuts(place)) read.push(await pageOfSetAside(db, instanceId, filter, cut));
  expect(read.every((page) => page.length >= rows)).toBe(true);
});

test('a look at an instance with many problems, or with a long sync, is short', async () => {
  const deps = {
    ...{ db, log: silentLogger, served: {}, webhook: undefined, keyring: undefined },
    temporal: () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE')),
  };
  // Twice: the second one finds the alerts of the first.
  for (let at = 0; at < 2; at += 1) await look(deps as never, world.instanceId);
  const facts = await readProblemFacts(db, world.instanceId);
  expect(facts?.conflicts).toHaveLength(20);
  expect(facts?.setAside).toEqual(['CONFLICT', 'CURRENCY_UNKNOWN']);
  await readProblemFacts(db, `${world.instanceId}_other`);
});

test('a purge says how much it would delete without counting every pay-in', async () => {
  expect(await countForPurge(db, world.instanceId)).toMatchObject({
    pay_ins: FILLING.payIns + FILLING.setAside + FILLING.due + FILLING.staged + 1,
    sync_pages: FILLING.idleRuns + 2,
  });
  // Runs are counted up to so many, in whatever way.
  expect(COUNTED).toBeGreaterThan(FILLING.idleRuns);
  for (const sql of db.plans.keys()) if (!sql.includes('movements')) db.forget(sql);
});

test('a sync takes up its backlog, reads and posts, and trims old runs, page by page', async () => {
  const before = await inner.query<{ count: number }>('select count(*) as count from stripe_syncs');
  for (let at = 0; at < 150; at += 1) await world.stripe.world.pay();
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', counts: { posted: 950 } });
  const after = await inner.query<{ count: number }>('select count(*) as count from stripe_syncs');
  expect(after[0]!.count).toBe(before[0]!.count + 1 - 100);
});

test('what a sync asks about its windows does not grow with those that are done', async () => {
  const other = `${world.instanceId}_other`;
  const source = await currentSource(db, other);
  await db.transaction((tx) => settleListing(tx, source!));
  expect(await openWindows(db, other, [other])).toHaveLength(8);
  expect(await backlogIds(db, other, 100)).toEqual({ ids: [], last: undefined });
});

test('once a day the reads of Stripe are held against the pay-ins of 30 days', async () => {
  const source = await currentSource(db, world.instanceId);
  await inner.query('update stripe_budget set checked_on = null');
  await readAllocationOnceADay(db, source!);
});

test('another Stripe account is known by its oldest posting', async () => {
  await db.transaction(async (tx) => {
    const identity = { livemode: false, ledgerAddress: 'x', keyFingerprint: 'x' };
    await switchSource(tx, world.instanceId, { ...identity, stripeAccount: 'acct_other' });
    const back = await switchSource(tx, world.instanceId, { ...identity, stripeAccount: null });
    expect(back.watermark).toBeNull();
  });
});

// The last one: what it adds is more than the others expect.
test('the list of runs, and that of the payments of a run, read their page only', async () => {
  const { instanceId } = world;
  const place = { key: `${(Date.now() - 30 * 86_400_000) * 1_000}`, id: 'sync_x' };
  const day = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
  for (const filter of [
    { notable: false },
    { notable: true },
    { notable: false, search: { day } },
    { notable: false, search: { syncId: `${instanceId}_idle_7` } },
  ]) {
    for (const cut of cuts(place)) await pageOfSyncs(db, instanceId, filter, cut);
    expect(await countSyncs(db, instanceId, filter, 1_001)).toBeLessThanOrEqual(1_001);
  }
  // One run that has read 500 pages of 100.
  const run = `sync_${instanceId}_long`;
  await inner.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id,
       completed_at) values ($1, $2, 'completed', 'schedule', '{"kind":"full"}', 'w', 'r', now())`,
    [run, instanceId],
  );
  await inner.query(
    `insert into sync_windows (window_id, sync_id, source_id, feed, position, with_charge, state)
     select $1, $1, source_id, 'events', 0, true, 'done' from sources where instance_id = $2 limit 1`,
    [run, instanceId],
  );
  await inner.query(
    `insert into sync_pages (page_id, sync_id, window_id, state, found)
     select 'page_' || $2 || n, $1, $1, 'done', 100 from generate_series(0, 499) n`,
    [run, instanceId],
  );
  await inner.query('analyze sync_pages');
  const key = `page_${instanceId}250`;
  for (const cut of cuts({ key, id: 'pi_filled8' })) {
    expect((await payInsOfSync(db, run, cut)).length).toBeGreaterThanOrEqual(50);
  }
});
