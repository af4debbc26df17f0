/** The balances that the settings name for payouts and lost disputes: fixed once movements have begun. */
import { connectDb, type Db } from '../../src/store/db';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { askAboutDisputes } from '../support/worlds/make-due';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const NAMED = { BLNK_PAYOUT_BALANCE: '@bank', DISPUTES_LOST_TO: '@losses' };
const HOUR = 3_600;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

async function begin(settings: Readonly<Record<string, string>>): Promise<void> {
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 11) / 1000, settings });
  await world.stripe.world.pay({ id: 'pi_1', amount: 10_000, customer: 'cus_1' });
}

async function sync() {
  world.clock.advance(HOUR);
  await askAboutDisputes(db, world.instanceId);
  return (await world.driver.sync()).row;
}

test('what is paid out and lost goes there, and they stay what they are', async () => {
  await begin({ ...NAMED, MOVEMENTS: 'on' });
  await sync();
  const { money } = world.stripe.world;
  await money.payout({ amount: 2_000 });
  const { id: dispute } = await money.dispute({ payment: 'pi_1', amount: 1_000, fee: 0 });
  await money.closeDispute({ dispute, status: 'lost' });
  expect(await sync()).toMatchObject({ status: 'completed' });
  expect(balanceOf(world, '@bank')).toEqual({ USD: -2_000n });
  expect(balanceOf(world, '@losses')).toEqual({ USD: -1_000n });
  await world.configure({ MOVEMENTS: 'on', BLNK_PAYOUT_BALANCE: '@bank' });
  expect(await sync()).toMatchObject({ status: 'failed', error: 'INSTANCE_FROZEN' });
});

test('an instance that has booked pay-ins alone may still name them', async () => {
  await begin({});
  await sync();
  await world.configure(NAMED);
  expect(await sync()).toMatchObject({ status: 'completed' });
});
