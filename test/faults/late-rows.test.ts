/** Rows that Stripe lists late, at the edge of what a run reads once more: either it reads them, or the proof does. */
import { FEEDS } from '../../src/domain/feeds';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { readRowReading } from '../../src/store/row-reading';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';
import { provenRun, windowsOfRows } from '../support/worlds/proven-run';

const { overlap } = FEEDS.events.tail;
/** Seconds: by then Stripe's list can be trusted about a reading. */
const LATER = 180;

let db: Db;
let world: DrivenWorld;
/** What comes before rows are read again. */
let beforeReread: () => Promise<unknown>;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  beforeReread = () => Promise.resolve();
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 1, 12) / 1000, through });
  await world.stripe.world.pay({ amount: 10_000 });
  await world.driver.sync();
  await enableWorld(world, { cutOver: null });
  await run();
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = async (range, ...asked) => {
    if (range.to !== null) await beforeReread();
    return stripe.listTransactions(range, ...asked);
  };
  return { ...connection, stripe: { ...stripe, listTransactions } };
}

/** What the proof of another run says, and how many windows of rows it has read. */
async function run() {
  world.clock.advance(LATER);
  const { syncId, state, items } = await provenRun(db, world);
  const named = items.map(({ kind, reference }) => `${kind} ${reference}`);
  return { state, windows: await windowsOfRows(db, syncId), named };
}

async function watermark(): Promise<number> {
  const { sourceId } = (await currentSource(db, world.instanceId))!;
  return (await readRowReading(db, sourceId))?.watermark ?? 0;
}

test.each<[where: string, before: number, windows: number, isNamed: boolean]>([
  ['at the edge is read with the newest', 0, 1, false],
  ['a second within it is read with the newest', -1, 1, false],
  ['a second beyond it is found by the proof', 1, 2, true],
])('a row %s', async (_where, before, windows, isNamed) => {
  const { money } = world.stripe.world;
  const age = overlap + before;
  const { id, created } = await money.chargeFee({ amount: 250, lagSeconds: age + LATER + 1 });
  world.clock.advance(age);
  // The newest row tells how far rows were read, since the clock of the database is another one.
  await money.chargeFee({ amount: 1 });
  // The balance counts it, and no list shows it yet.
  expect(await run()).toMatchObject({ state: 'waiting', windows: 1 });
  expect((await watermark()) - created).toBe(age);
  expect(await run()).toEqual({
    ...{ state: 'proven', windows },
    named: isNamed ? [`found_again ${id}`] : [],
  });
  expect(await run()).toEqual({ state: 'proven', windows: 1, named: [] });
});

test('a row that comes while others are read again was not missing', async () => {
  const { money } = world.stripe.world;
  const { id } = await money.chargeFee({ amount: 250, lagSeconds: overlap + LATER + 2 });
  world.clock.advance(overlap + 1);
  await money.chargeFee({ amount: 1 });
  expect(await run()).toMatchObject({ state: 'waiting' });
  const came: string[] = [];
  beforeReread = async () => {
    world.clock.advance(1);
    came.push((await money.chargeFee({ amount: 11 })).id);
  };
  // The third is that of the newest rows, once more for a second reading of the balance.
  expect(await run()).toEqual({ state: 'proven', windows: 3, named: [`found_again ${id}`] });
  expect(came).toHaveLength(2);
  const booked = world.blnk.ledger.rows.map(({ reference }) => reference);
  expect(booked).toEqual(expect.arrayContaining(came));
});
