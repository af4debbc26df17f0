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
import { backlogIds, readStanding } from '../../src/store/overview';
import { moneyByDay } from '../../src/store/pay-in-totals';
import { listQuarantine } from '../../src/store/pay-ins';
import { readProblemFacts } from '../../src/store/problem-facts';
import { countForPurge, COUNTED } from '../../src/store/purge';
import { currentSource, settleListing, switchSource } from '../../src/store/sources';
import { readAllocationOnceADay } from '../../src/store/stripe-reads';
import { listSyncs } from '../../src/store/syncs';
import { openWindows } from '../../src/store/windows';
import { connectDb, type Db } from '../../src/store/db';
import { explainingDb, type ExplainingDb } from '../support/explaining-db';
import { fill, holdingFilled } from '../support/filled-database';
import { startWorld, type DrivenWorld } from '../support/driver-world';
import { startOwnDatabase, type OwnDatabase } from '../support/own-database';
import { silentLogger } from '../support/silent-logger';

// Found in tests only as a program is: by its ending.
jest.mock('../../src/commands/links', () => ({ linkTo: () => Promise.resolve(null) }));

const FILLING = {
  ...{ payIns: 50_000, setAside: 10_000, due: 600, staged: 200 },
  ...{ idleRuns: 6_000, windows: 3_000 },
};

/** Tables that grow with what is synced. */
const GROWING = /^(pay_ins|sync_pages|sync_windows|stripe_syncs)/;

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
  const from = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10);
  const money = await moneyByDay(db, instanceId, from);
  expect(new Set(money.map(({ day }) => day)).size).toBe(30);
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
  for (const sql of db.plans.keys()) if (!sql.includes('pay_ins')) db.forget(sql);
});

test('a sync takes up its backlog, reads and posts, and trims old runs, page by page', async () => {
  const before = await inner.query<{ count: number }>('select count(*) as count from stripe_syncs');
  for (let at = 0; at < 150; at += 1) await world.stripe.world.pay();
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', recordsPosted: 950 });
  const after = await inner.query<{ count: number }>('select count(*) as count from stripe_syncs');
  expect(after[0]!.count).toBe(before[0]!.count + 1 - 100);
});

test('what a sync asks about its windows does not grow with those that are done', async () => {
  const other = `${world.instanceId}_other`;
  const source = await currentSource(db, other);
  await db.transaction((tx) => settleListing(tx, source!));
  expect(await openWindows(db, other, other)).toHaveLength(8);
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
