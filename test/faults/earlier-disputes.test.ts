/** Disputes whose money was withdrawn before any row that is read: what comes back of it is nobody's gain. */
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';

const MINUTE = 60;
const DAY = 86_400;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;
/** Rows are read from 45 days before the cut-over. */
const WITHDRAWN = CUT_OVER - 60 * DAY;

let db: Db;
let world: DrivenWorld;
let dispute: string;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  const settings = { SYNC_SINCE: '2026-03-06', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: WITHDRAWN - DAY, settings });
  const { world: stripe } = world.stripe;
  const { id } = await stripe.pay({ amount: 6_500, customer: 'cus_1', settle: { fee: 0 } });
  world.clock.set(WITHDRAWN);
  ({ id: dispute } = await stripe.money.dispute({ payment: id, fee: 0 }));
  world.clock.set(CUT_OVER + DAY);
  await sync();
  await sync(15 * MINUTE);
  expect(await stateOfProof()).toBe('proven');
});
afterEach(() => world.close());

async function sync(wait = MINUTE): Promise<void> {
  world.clock.advance(wait);
  await askAboutDisputes(db, world.instanceId);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

const stateOfProof = async () => (await latestProof(db, world.instanceId))?.proof.state;
const holds = () =>
  ['@stripe', '@stripe-opening', '@stripe-disputes', '@cus_1', '@stripe-guest'].map((name) =>
    balanceOf(world, name),
  );

test('one that is won goes to the opening balance', async () => {
  await world.stripe.world.money.closeDispute({ dispute, status: 'won' });
  await sync();
  await sync(2 * DAY);
  expect(holds()).toEqual([{ USD: -6_500n }, { USD: 6_500n }, {}, {}, {}]);
  expect(await stateOfProof()).toBe('proven');
});

test('so does what comes back of one that was lost', async () => {
  const { money } = world.stripe.world;
  await money.closeDispute({ dispute, status: 'lost' });
  await money.adjustDispute({ dispute, amount: 50, fee: 0 });
  await sync();
  await sync(2 * DAY);
  expect(holds()).toEqual([{ USD: -50n }, { USD: 50n }, {}, {}, {}]);
  expect(await stateOfProof()).toBe('proven');
});
