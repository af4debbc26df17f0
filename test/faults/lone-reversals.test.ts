/**
 * A bank takes back the payment of a charge without a PaymentIntent. Nothing but the row of that charge books it, so
 * what is known of it depends on the order in which rows are read: the books do not.
 */
import { connectDb, type Db } from '../../src/store/db';
import { legsSetAside } from '../../src/store/legs';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const DAY = 86_400;
const SETTINGS = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  first = await startWorld(db, { startAt: Date.UTC(2026, 2, 6) / 1000, settings: SETTINGS });
  world = first;
});
afterEach(() => first.close());

async function sync(): Promise<void> {
  world.clock.advance(120);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

/** @param together both rows are read by one page, the newest first */
async function play(together: boolean): Promise<void> {
  const { world: stripe } = world.stripe;
  await sync();
  const { id: payment } = await stripe.charge({ amount: 5_000, customer: 'cus_1' });
  if (!together) await sync();
  world.clock.advance(DAY);
  await stripe.money.reversePayment({ payment, amount: 2_000, fee: 0 });
  await sync();
}

async function books(): Promise<unknown> {
  const { sourceId } = (await currentSource(db, world.instanceId))!;
  return {
    payer: balanceOf(world, '@cus_1'),
    unapplied: balanceOf(world, '@stripe-unapplied'),
    proof: (await latestProof(db, world.instanceId))?.proof.state,
    setAside: await legsSetAside(db, sourceId, 10),
  };
}

const BOOKS = { payer: { USD: 3_000n }, unapplied: {}, proof: 'proven', setAside: [] };

test.each([
  ['together with its charge', true],
  ['after its charge', false],
])('read %s it is the payer’s, with a database that is lost too', async (_when, together) => {
  await play(together);
  expect(await books()).toEqual(BOOKS);
  const count = world.blnk.ledger.rows.length;
  world.clock.advance(DAY);
  world = await startWorld(db, {
    startAt: world.clock.nowSeconds(),
    settings: SETTINGS,
    beside: first,
  });
  await sync();
  expect(await books()).toEqual(BOOKS);
  await sync();
  expect(await books()).toEqual(BOOKS);
  expect(world.blnk.ledger.rows).toHaveLength(count);
});
