/** A listing so dense that it is cut many times, with payments on both sides of every second it is cut at. */
import { connectDb, type Db } from '../../src/store/db';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

const START = Date.UTC(2027, 3, 1) / 1000;
const DAY = 86_400;
const SECONDS = 160;

let db: Db;
let world: DrivenWorld;
beforeAll(async () => {
  db = connectDb(testEnvironment().databaseUrl);
  world = await startWorld(db, { startAt: START });
});
afterAll(async () => {
  await world.close();
  await db.close();
});

it('finds each of the 30 to 50 payments of every second, however often it is cut', async () => {
  const paid: string[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    for (let index = 0; index < 30 + ((second * 7) % 21); index += 1) {
      // Nobody has to book what no table knows: reading is all that this is about.
      const payment = { currency: 'xts', createdAt: START - DAY + second };
      paid.push((await world.stripe.world.pay(payment)).id);
    }
  }
  // The range itself: a listing from the beginning is cut where there is nothing to lose.
  const scope = { kind: 'range', from: START - DAY, to: START - DAY + SECONDS } as const;
  const { row } = await world.driver.sync({ scope });
  expect(row).toMatchObject({ status: 'completed_with_problems' });
  const rows = await db.query<{ id: string }>(
    'select movement_id as id from movements where instance_id = $1',
    [world.instanceId],
  );
  const found = new Set(rows.map(({ id }) => id));
  expect(paid.filter((id) => !found.has(id))).toEqual([]);
  expect(row?.counts.found).toBe(paid.length);
  const [windows] = await db.query<{ count: number }>(
    `select count(*) as count from sync_windows w join stripe_syncs s using (sync_id)
     where s.instance_id = $1 and w.cut_by is not null`,
    [world.instanceId],
  );
  // Each loses some with a chance of two in five if its second is on neither side.
  expect(windows?.count).toBeGreaterThan(10);
});
