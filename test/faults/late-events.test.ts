/**
 * A payment that was charged seconds before the first day that is not in the books, and succeeded on it: booked as its
 * event says, however late Stripe lists that.
 */
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;
const SETTINGS = { SYNC_SINCE: '2026-03-06', MOVEMENTS: 'on' };
/** It does not tell whose it is. */
const ROLLED = {
  ...{ key: 'rk_test_rolled', livemode: false },
  permissions: [
    ...['rak_payment_intent_read', 'rak_event_read', 'rak_charge_read', 'rak_dispute_read'],
    ...['rak_balance_transaction_source_read', 'rak_payout_read'],
  ],
};

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  first = world = await startWorld(db, { startAt: CUT_OVER - HOUR, settings: SETTINGS });
});
afterEach(() => first.close());

async function sync(wait = 15 * MINUTE, acceptSource = false): Promise<void> {
  world.clock.advance(wait);
  const { row } = await world.driver.sync({ acceptSource });
  expect(row).toMatchObject({ status: 'completed', error: null });
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);
const stateOfProof = async () => (await latestProof(db, world.instanceId))?.proof.state;

/** By the listing it is from before the first day: the row of its charge is on `@stripe-opening`. */
async function charged(currency: string): Promise<string> {
  const { world: stripe } = world.stripe;
  await stripe.settle({ currencies: ['usd'], rates: { eur: '1.1' } });
  const { id } = await stripe.pay({
    ...{ amount: 10_000, currency, customer: 'cus_1', settle: { fee: 30 } },
    ...{ createdAt: CUT_OVER - 30, chargeCreatedAt: CUT_OVER - 2, succeededAt: CUT_OVER + 1 },
    eventLagSeconds: 40 * MINUTE,
  });
  world.clock.set(CUT_OVER);
  await sync(MINUTE);
  await sync();
  expect(references()).not.toContain(id);
  expect(Object.keys(balanceOf(world, '@stripe-opening'))).toEqual(['USD']);
  return id;
}

/** Proven, and nothing more is posted. @param count of postings that there were already */
async function expectProven(count = references().length): Promise<void> {
  expect(await stateOfProof()).toBe('proven');
  await sync(HOUR);
  expect(await stateOfProof()).toBe('proven');
  expect(references()).toHaveLength(count);
}

/** Its event comes, and the opening balance, which was waited for until then, is certain. */
async function succeeded(currency: string): Promise<void> {
  const id = await charged(currency);
  await sync(26 * HOUR);
  expect(references()).toContain(id);
  await sync();
  await sync();
}

describe('after the row of its charge', () => {
  test.each([
    ['in the same currency', 'usd', {}],
    ['converted', 'eur', { EUR: -10_000n, USD: 11_000n }],
  ])('it leaves the opening balance, %s', async (_what, currency, exchanged) => {
    await succeeded(currency);
    expect(balanceOf(world, '@stripe-opening')).toEqual({});
    expect(balanceOf(world, '@cus_1')).toEqual({ [currency.toUpperCase()]: 10_000n });
    expect(balanceOf(world, '@stripe-fx')).toEqual(exchanged);
    await expectProven();
  });

  test('both of its postings are ours still after a lost database', async () => {
    await succeeded('eur');
    const count = references().length;
    world = await startWorld(db, { startAt: CUT_OVER, settings: SETTINGS, beside: first });
    await sync();
    await sync();
    await expectProven(count);
  });

  test('and after the key was replaced, as what was booked by the one before', async () => {
    await succeeded('eur');
    const count = references().length;
    world.stripe.addKey(ROLLED);
    await world.configure({ ...SETTINGS, STRIPE_SECRET_KEY: ROLLED.key });
    await sync(HOUR, true);
    const planned = await planIn(world);
    expect(planned.openings.map(({ amount }) => amount)).toEqual(planned.openings.map(() => 0n));
    await openMovements(db, planned, 'anna');
    await sync(HOUR);
    await expectProven(count);
  });
});

test('one whose row waits for nothing, as an earlier version left it, leaves it with the proof', async () => {
  const id = await charged('usd');
  await db.query('update balance_transactions set awaits = null where instance_id = $1', [
    world.instanceId,
  ]);
  await sync(26 * HOUR);
  expect(references()).toContain(id);
  await sync();
  await sync();
  expect(balanceOf(world, '@stripe-opening')).toEqual({});
  await expectProven();
});
