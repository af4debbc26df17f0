/**
 * A pause that is longer than Stripe keeps events, where movements are carried over: what has happened meanwhile is
 * found without listing all that ever was.
 */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { dryRun } from '../../src/engine/dry-run';
import { planAsText } from '../../src/domain/plan-text';
import { connectDb, type Db } from '../../src/store/db';
import { disableMovements } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { readStanding } from '../../src/store/standing';
import { bookings, expectedBookings } from '../support/books/books-of-world';
import { balanceOf, trulyHeld } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { enableWorld } from '../support/worlds/enabled-world';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 11, 12) / 1000;
const A_DAY = 6;
/** Payments of years before the pause, which a listing of everything would read again. */
const HISTORY = 300;

const KEY = { key: SANDBOX_STRIPE_KEY, livemode: false };
const WITHOUT_CHARGES = [
  ...['rak_payment_intent_read', 'rak_event_read', 'rak_accounts_kyc_basic_read'],
  ...['rak_balance_read', 'rak_balance_transaction_source_read', 'rak_dispute_read'],
  'rak_payout_read',
];

let db: Db;
let world: DrivenWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (world = await startWorld(db, { startAt: START })));
afterEach(() => world.close());

const account = () => world.stripe.world;
const now = () => world.clock.nowSeconds();

/** Payments of before, booked, and proven with all their movements. */
async function proven(history: number): Promise<void> {
  for (let index = 0; index < history; index += 1) {
    await account().pay({ createdAt: START - 800 * DAY + index * 40 });
  }
  await sync();
  await enableWorld(world, { cutOver: null });
  await sync();
}

async function sync() {
  world.clock.advance(HOUR);
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed' });
  return row!;
}

/** Lists that were asked for since they were looked at last. */
function asked() {
  const of = (path: string) => world.stripe.requests.list(`/v1/${path}`).length;
  const counted = {
    intents: of('payment_intents'),
    charges: of('charges'),
    events: of('events'),
    rows: of('balance_transactions'),
  };
  world.stripe.requests.clear();
  return counted;
}

const debit = (id: string) =>
  account().create({
    ...{ id, amount: 7_000, status: 'processing', paymentMethodType: 'sepa_debit' },
    chargeCreatedAt: now(),
  } as const);

/** The ledger has each pay-in that Stripe has, once and with its money. */
function expectPayIns(): void {
  const payIns = bookings(world).filter(({ reference }) => /^pi_[^.]+$/.test(reference));
  expect(payIns).toEqual(expectedBookings(world));
}

/** Payments of so many days. */
async function live(days: number): Promise<void> {
  for (let made = 0; made < days * A_DAY; made += 1) {
    world.clock.advance(DAY / A_DAY);
    await account().pay();
  }
}

test('books each pay-in once and proves all, for some ten reads a thousand rows instead of the history', async () => {
  await proven(HISTORY);
  await debit('pi_debit');
  await debit('pi_refused');
  await account().create({ id: 'pi_tried' });
  await account().create({ id: 'pi_held', status: 'requires_capture', captureMethod: 'manual' });
  const { id: refunded } = await account().pay({ id: 'pi_refunded', amount: 4_000 });
  await sync();
  asked();

  await live(6);
  await account().succeed('pi_debit');
  await account().money.failDebit({ payment: 'pi_refused' });
  await account().succeed('pi_tried');
  await account().succeed('pi_held', { amountReceived: 1_500 });
  await account().money.refund({ payment: refunded, amount: 1_000 });
  await account().money.payout({ amount: 20_000 });
  await live(34);
  await sync();

  const read = asked();
  const pages = Math.ceil((40 * A_DAY) / 100);
  expect(read.intents).toBe(0);
  expect(read.rows).toBeLessThanOrEqual(pages + 1);
  // One more tells whether the key may read them.
  expect(read.charges).toBeLessThanOrEqual(pages + 2);
  expectPayIns();
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({});
  expect(balanceOf(world, '@stripe')).toEqual({ USD: -trulyHeld(world)['USD']! });
  // The list of rows is trusted a while after the reading.
  await sync();
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
  expect(asked()).toMatchObject({ intents: 0, charges: 0 });
});

/** A pause in which something happens 35 days before its end. */
async function pauseWith(happens: () => Promise<unknown>): Promise<void> {
  await proven(3);
  asked();
  world.clock.advance(5 * DAY);
  await happens();
  world.clock.advance(35 * DAY);
}

test('finds a payment that Stripe’s balance never shows, as a listing of everything would', async () => {
  await pauseWith(() => account().pay({ id: 'pi_rowless', settle: { never: true } }));
  await sync();
  expect(asked().intents).toBe(0);
  expectPayIns();
});

test('is planned, shown while it is read, and gone on with by the next run', async () => {
  await pauseWith(() => account().pay({ id: 'pi_between' }));
  const parts = { db, ends: world.connection, show: () => undefined };
  const plan = await dryRun(parts, { kind: 'full' }, false);
  expect([plan.recordsToPost, asked().intents]).toEqual([1, 0]);
  expect(planAsText(plan)).toContain('After the pause since 2026-06-');
  expect(planAsText(plan)).toMatch(
    /\nOf movements, which are carried over besides, it says nothing/,
  );
  const fault = { kind: 'status', status: 500, json: {} } as const;
  // The first read tells whether the key may read them.
  world.stripe.faults.add({ path: '/v1/charges', skip: 1, fault });
  expect((await world.driver.sync()).row).toMatchObject({ status: 'failed' });
  expect(await readStanding(db, world.instanceId)).toMatchObject({
    listing: false,
    syncedUntil: plan.afterPause!.readTo,
  });
  world.stripe.faults.clear();
  expect(await dryRun(parts, { kind: 'full' }, false)).toMatchObject({
    afterPause: plan.afterPause,
    recordsToPost: 1,
  });
  await sync();
  expect(asked().intents).toBe(0);
  expectPayIns();
  expect(await dryRun(parts, { kind: 'full' }, false)).not.toHaveProperty('afterPause');
});

test.each(['before it is planned', 'while it is read'])(
  'lists everything where the right to read charges is lost %s',
  async (when) => {
    await pauseWith(() => account().pay({ id: 'pi_between' }));
    if (when === 'while it is read') {
      const failing = { kind: 'status', status: 500, json: {} } as const;
      world.stripe.faults.add({ path: '/v1/charges', skip: 1, fault: failing });
      expect((await world.driver.sync()).row).toMatchObject({ status: 'failed' });
      world.stripe.faults.clear();
    }
    world.stripe.addKey({ ...KEY, permissions: WITHOUT_CHARGES });
    await sync();
    expect(asked().intents).toBeGreaterThan(0);
    expectPayIns();
  },
);

test('lists everything where movements are not carried over any more', async () => {
  await pauseWith(() => account().pay({ id: 'pi_between' }));
  const source = (await currentSource(db, world.instanceId))!;
  await disableMovements(db, source.sourceId);
  await sync();
  expect(asked().intents).toBeGreaterThan(0);
  expectPayIns();
});
