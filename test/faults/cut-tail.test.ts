/** The latest rows, so many of them that they are cut, of which Stripe tells the newer ones and refuses the older ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError, type ErrorCode } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { readRowReading } from '../../src/store/row-reading';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let db: Db;
let world: DrivenWorld;
/** What rows below a cut are refused with. */
let refused: ErrorCode | undefined;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  refused = undefined;
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 11, 12) / 1000, through });
  await world.stripe.world.pay({ amount: 1_000 });
  await sync();
  await enableWorld(world, { cutOver: null });
  await sync();
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = async (range, ...asked) => {
    if (refused !== undefined && range.to !== null) {
      while ((await doneTails()) === 0) await sleep(20);
      Object.assign(world.deps.patience, { silenceMs: 0, neverAnsweredMs: 0 });
      throw new SyncError(refused);
    }
    return stripe.listTransactions(range, ...asked);
  };
  return { ...connection, stripe: { ...stripe, listTransactions } };
}

async function sync(): Promise<string> {
  world.clock.advance(HOUR);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  return syncId;
}

/** Windows of rows without an end that were read to theirs. */
async function doneTails(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from sync_windows join sources using (source_id)
     where instance_id = $1 and feed = 'balance_transactions' and to_s is null and state = 'done'`,
    [world.instanceId],
  );
  return row?.count ?? 0;
}

/** Weeks with so much on the last day that the first cut leaves more than one answer below it. */
async function manyRows(): Promise<readonly string[]> {
  const { money } = world.stripe.world;
  const ids: string[] = [];
  const charge = async (count: number, every: number) => {
    for (let row = 0; row < count; row += 1) {
      world.clock.advance(every);
      ids.push((await money.chargeFee({ amount: '1' })).id);
    }
  };
  await charge(150, HOUR);
  world.clock.advance(14 * DAY);
  await charge(1_010, MINUTE);
  return ids;
}

const reading = async () =>
  readRowReading(db, (await currentSource(db, world.instanceId))!.sourceId);

test.each<ErrorCode>(['STRIPE_BAD_ANSWER', 'STRIPE_UNAVAILABLE'])(
  'the next run reads on from where all had been read: %s',
  async (code) => {
    const before = await reading();
    const ids = await manyRows();
    const missing = () => {
      const there = new Set(world.blnk.ledger.rows.map(({ reference }) => reference));
      return ids.filter((id) => !there.has(id)).length;
    };
    refused = code;
    await sync();
    // The newer ones were read, and of the older ones those that came with the last of them.
    expect([await doneTails(), missing()]).toEqual([1, 60]);
    expect(await reading()).toEqual(before);
    refused = undefined;
    const syncId = await sync();
    expect(missing()).toBe(0);
    expect((await reading())?.watermark).toBeGreaterThan(before!.watermark!);
    // By the feed itself: no proof had to have rows read again.
    const again = await db.query(
      `select 1 from sync_windows where sync_id = $1 and feed = 'balance_transactions'
         and to_s is not null and cut_by is null`,
      [syncId],
    );
    expect(again).toEqual([]);
    expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
  },
);
