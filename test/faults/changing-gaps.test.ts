/** A proof that is broken by something else each time: what that costs does not grow with all that was ever synced. */
import { SyncError } from '../../src/domain/errors';
import type { Ledger } from '../../src/domain/ledger';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { provenRun, windowsOfRows } from '../support/worlds/proven-run';

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Rows from 24 hours, 7 days and 35 days before on, all of them, and the newest. */
const ALL = 5;
/** The newest, and those from 24 hours before on. */
const NEW = 2;

let db: Db;
let world: DrivenWorld;
/** Whether the ledger tells what its balances hold. */
let tells: boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  tells = true;
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  const startAt = Date.UTC(2026, 5, 1, 12) / 1000;
  world = await startWorld(db, { startAt, settings, through });
  await world.stripe.world.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  await run();
  world.clock.advance(40 * DAY);
  await run();
  expect(await run()).toEqual({ state: 'proven', windows: 1, named: [] });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { ledger } = connection;
  const turnoversOf: Ledger['turnoversOf'] = (...asked) =>
    tells ? ledger.turnoversOf(...asked) : Promise.reject(new SyncError('BLNK_REFUSED'));
  const of = (name: string | symbol) => (name === 'turnoversOf' ? turnoversOf : undefined);
  const told = new Proxy(ledger, {
    get: (all, name) => of(name) ?? (Reflect.get(all, name) as unknown),
  });
  return { ...connection, ledger: told };
}

/** What the proof of another run says, and how many windows of rows it has read. */
async function run() {
  world.clock.advance(HOUR);
  // What has moved tells how far rows were read, since the clock of the database is another one.
  await world.stripe.world.money.chargeFee({ amount: 1 });
  world.clock.advance(60);
  const { syncId, state, items } = await provenRun(db, world);
  const named = items.map(({ kind, reference }) => `${kind} ${reference}`);
  return { state, windows: await windowsOfRows(db, syncId), named };
}

async function postAsIfOurs(reference: string): Promise<void> {
  const posting = aPosting({ reference, amount: 5n, source: '@stripe', destination: '@somebody' });
  await world.connection.ledger.post(posting, new AbortController().signal);
}

test('all rows are read again three times a day for postings of others that look like ours', async () => {
  await postAsIfOurs('pi_1');
  expect(await run()).toMatchObject({ windows: ALL, named: ['foreign pi_1'] });
  await postAsIfOurs('pi_2');
  expect(await run()).toMatchObject({ windows: ALL, named: ['foreign pi_1', 'foreign pi_2'] });
  await postAsIfOurs('pi_3');
  expect(await run()).toMatchObject({ state: 'broken', windows: ALL });
  await postAsIfOurs('pi_4');
  expect(await run()).toMatchObject({ state: 'broken', windows: NEW });
  world.clock.advance(DAY);
  await postAsIfOurs('pi_5');
  expect(await run()).toMatchObject({ state: 'broken', windows: ALL });
});

test('a ledger that does not tell its balances for a run is no reason to read all rows again', async () => {
  const named = ['foreign pi_1'];
  await postAsIfOurs('pi_1');
  for (const windows of [ALL, ALL, ALL, NEW]) {
    expect(await run()).toEqual({ state: 'broken', windows, named });
    tells = false;
    expect(await run()).toEqual({ state: 'not_read', windows: 1, named: [] });
    tells = true;
  }
});

test('all rows are read again three times a day for rows that Stripe never lists', async () => {
  const { money } = world.stripe.world;
  await money.chargeFee({ amount: 250, unlisted: true });
  expect(await run()).toMatchObject({ state: 'waiting' });
  expect(await run()).toMatchObject({ state: 'broken', windows: ALL });
  for (const amount of [250, 250, 250]) {
    await money.chargeFee({ amount, unlisted: true });
    await run();
  }
  // A row of now that is listed late is found all the same.
  const { id } = await money.chargeFee({ amount: 70, lagSeconds: 2 * HOUR });
  expect(await run()).toMatchObject({ state: 'broken', windows: NEW, named: [] });
  expect(await run()).toMatchObject({ named: [`found_again ${id}`], windows: NEW });
});
