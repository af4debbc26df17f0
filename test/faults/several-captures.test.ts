/** A payment of several captures of which Stripe lists one late: in the end each of its rows is booked, and once. */
import { itemsIn } from '../../src/domain/proof/proof';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const SETTINGS = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const DAY = 24 * HOUR;

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
let payment: string;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  first = world = await startWorld(db, { startAt: START, settings: SETTINGS });
  const authorised = { status: 'requires_capture', captureMethod: 'manual' } as const;
  const of = { amount: 10_000, currency: 'usd', customer: 'cus_1' };
  ({ id: payment } = await world.stripe.world.create({ ...authorised, ...of }));
  await capture(3_000);
  await sync();
  expect(holds('@stripe-unapplied')).toEqual({ USD: 3_000n });
  await longAgo('balance_transactions', 'seen_at');
});
afterEach(() => first.close());

const capture = (amount: number, more: { isFinal?: boolean; lagSeconds?: number } = {}) =>
  world.stripe.world.money.capture({ payment, amount, fee: 0, ...more });

async function sync(wait = HOUR): Promise<void> {
  world.clock.advance(wait);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

const longAgo = (table: 'balance_transactions' | 'movements', column: string) =>
  db.query(`update ${table} set ${column} = now() - interval '3 days' where instance_id = $1`, [
    world.instanceId,
  ]);

const holds = (name: string) => balanceOf(world, name);
const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);

async function expectWhole(): Promise<void> {
  expect(holds('@cus_1')).toEqual({ USD: 7_000n });
  expect(holds('@stripe')).toEqual({ USD: -7_000n });
  expect([holds('@stripe-unapplied'), holds('@stripe-suspense')]).toEqual([{}, {}]);
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
}

test('that was read long before the payment was booked leaves no difference', async () => {
  await capture(4_000, { isFinal: true, lagSeconds: 2 * HOUR });
  await sync();
  expect(references()).toContain(payment);
  expect(references()).not.toContain(`${payment}.diff`);
  await sync(3 * HOUR);
  await expectWhole();
});

test('leaves no difference of a row that somebody has changed', async () => {
  await capture(4_000, { isFinal: true });
  await db.query(
    `update balance_transactions set amount = amount + 500 where instance_id = $1 and amount = 3000`,
    [world.instanceId],
  );
  await sync();
  await longAgo('balance_transactions', 'seen_at');
  await longAgo('movements', 'posted_at');
  await sync();
  expect(references()).not.toContain(`${payment}.diff`);
});

describe('that is listed after the difference was booked', () => {
  let late: string;

  beforeEach(async () => {
    ({ id: late } = await capture(4_000, { isFinal: true, lagSeconds: 3 * DAY }));
    await sync();
    await longAgo('movements', 'posted_at');
    await sync();
    expect(references()).toContain(`${payment}.diff`);
    expect(holds('@stripe-suspense')).toEqual({ USD: -4_000n });
    await sync(4 * DAY);
  });

  test('makes it up with the run that reads it', async () => {
    expect(references()).toContain(`${late}.diff`);
    await expectWhole();
    const count = references().length;
    await longAgo('balance_transactions', 'seen_at');
    await sync();
    expect(references()).toHaveLength(count);
  });

  test('is found again after a lost database', async () => {
    const count = references().length;
    world = await startWorld(db, { startAt: START, settings: SETTINGS, beside: first });
    await sync();
    await enableWorld(world, { cutOver: null });
    await sync();
    await longAgo('balance_transactions', 'seen_at');
    await longAgo('movements', 'posted_at');
    await longAgo('movements', 'booked_at');
    await sync();
    expect(references()).toHaveLength(count);
    await expectWhole();
  });
});

test('of whose first capture our own store has lost a leg is made whole again', async () => {
  const { id } = await capture(4_000, { isFinal: true });
  await sync();
  await sync(40 * DAY);
  const { length } = references();
  const lost = await db.query(
    `delete from movements where instance_id = $1 and bt_id is not null and bt_id <> $2 and moves > 0
     returning movement_id`,
    [world.instanceId, id],
  );
  expect(lost).toHaveLength(1);
  await sync();
  const { proof } = (await latestProof(db, world.instanceId))!;
  expect(itemsIn(proof)).toMatchObject([{ kind: 'booked_again', amount: 3_000n }]);
  expect(proof.state).toBe('proven');
  expect(references()).toHaveLength(length);
});
