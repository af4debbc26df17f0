/** A payment is in Stripe's balance, and no event has told of it: its row does. */
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const HOUR = 3_600;
const DAY = 24 * HOUR;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: START });
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000 });
  await sync();
  await enableWorld(world, { cutOver: null });
  await sync();
});
afterEach(() => world.close());

async function sync(): Promise<void> {
  world.clock.advance(HOUR);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);

test.each([
  ['never tells of it', 400 * DAY],
  ['tells of it four days later', 4 * DAY],
])('an event that %s: it is booked by the same run, and once', async (_what, eventLagSeconds) => {
  const paid = { id: 'pi_2', amount: 700, customer: 'cus_2', eventLagSeconds } as const;
  await world.stripe.world.pay({ ...paid, settle: { fee: 50 } });
  await sync();
  const own = references().slice(-2);
  expect(own).toEqual(['pi_2', expect.stringMatching(/^txn_\S+\.fee$/)]);
  const proof = async () => (await latestProof(db, world.instanceId))?.proof;
  expect(await proof()).toMatchObject({
    ...{ state: 'proven', currencies: [{ currency: 'USD', unexplained: 0n, movements: 4 }] },
  });
  // Nothing of it went by way of what has not come in yet.
  expect(world.blnk.ledger.balances.find('@stripe-unapplied', 'USD')).toBeNull();
  expect(world.blnk.ledger.balances.find('@cus_2', 'USD')).toMatchObject({ credit: 700n });
  const before = references();
  world.clock.advance(5 * DAY);
  await sync();
  expect(references()).toEqual(before);
  expect(await proof()).toMatchObject({ state: 'proven' });
});
