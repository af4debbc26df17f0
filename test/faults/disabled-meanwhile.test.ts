/** Movements that are disabled for a time while syncs go on: enabled again, what has moved since is booked, once. */
import { closeMovements, findOpening, reopenMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { balanceOf, negated, trulyHeld } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';

const DAY = 24 * 3_600;
const SETTINGS = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 1, 12) / 1000, settings: SETTINGS });
  await world.stripe.world.settle({ currencies: ['usd'] });
});
afterEach(() => world.close());

/** @returns what is proven; null: nothing by this sync */
async function sync(): Promise<string | null> {
  world.clock.advance(3_600);
  await askAboutDisputes(db, world.instanceId);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = await latestProof(db, world.instanceId);
  return stored?.syncId === syncId ? stored.proof.state : null;
}

const sourceId = async () => (await currentSource(db, world.instanceId))!.sourceId;

const paid = async (amount: number, currency = 'usd') =>
  (await world.stripe.world.pay({ amount, currency, customer: 'cus_1' })).id;

/** Its money is in Stripe's balance, and it has not succeeded. */
async function debit(amount: number): Promise<string> {
  const of = { amount, currency: 'usd', customer: 'cus_2' };
  const begun = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
  const chargeCreatedAt = world.clock.nowSeconds();
  return (await world.stripe.world.create({ ...begun, ...of, chargeCreatedAt })).id;
}

test.each([
  ['for hours', 3, 3_600],
  ['for longer than Stripe keeps events', 4, 20 * DAY],
])('%s', async (_howLong, syncs, between) => {
  const { world: account } = world.stripe;
  const { money } = account;
  const [kept, disputed] = [await paid(10_000), await paid(8_000, 'eur')];
  const [early, refused] = [await debit(7_000), await debit(600)];
  const { id: dispute } = await money.dispute({ payment: disputed });
  expect(await sync()).toBe('proven');
  const { opened } = (await findOpening(db, world.connection))!;

  await closeMovements(db, world.instanceId, await sourceId());
  const rows = world.blnk.ledger.rows.length;
  const late = await debit(500);
  await money.refund({ payment: kept, amount: 1_000 });
  await money.closeDispute({ dispute, status: 'lost' });
  await money.failDebit({ payment: refused });
  await account.succeed(early);
  await account.succeed(late);
  const open = await debit(400);
  for (let count = 0; count < syncs; count += 1) {
    world.clock.advance(between);
    await paid(1_000 + count, 'eur');
    await money.chargeFee({ amount: 25 });
    expect(await sync()).toBeNull();
  }
  // The pay-ins alone.
  expect(world.blnk.ledger.rows).toHaveLength(rows + 2 + syncs);

  await reopenMovements(db, world.instanceId, await sourceId(), opened, 'ben');
  expect(await sync()).toBe('proven');
  expect(balanceOf(world, '@stripe')).toEqual(negated(trulyHeld(world)));
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 400n });
  expect(balanceOf(world, '@stripe-disputes')).toEqual({});
  await account.succeed(open);
  expect(await sync()).toBe('proven');
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({});
  const count = world.blnk.ledger.rows.length;
  expect(await sync()).toBe('proven');
  expect(world.blnk.ledger.rows).toHaveLength(count);
  expect(new Set(world.blnk.ledger.rows.map(({ reference }) => reference)).size).toBe(count);
});
