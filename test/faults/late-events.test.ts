/**
 * A payment that was charged seconds before the first day that is not in the books, and succeeded on it: booked as its
 * event says, however late Stripe lists that.
 */
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  const settings = { SYNC_SINCE: '2026-03-06', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: CUT_OVER - HOUR, settings });
});
afterEach(() => world.close());

async function sync(wait: number): Promise<void> {
  world.clock.advance(wait);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

test.each([
  ['in the same currency', 'usd', {}],
  ['converted', 'eur', { EUR: -10_000n, USD: 11_000n }],
])('after the row of its charge, %s', async (_what, currency, exchanged) => {
  const { world: stripe } = world.stripe;
  await stripe.settle({ currencies: ['usd'], rates: { eur: '1.1' } });
  const { id } = await stripe.pay({
    ...{ amount: 10_000, currency, customer: 'cus_1', settle: { fee: 0 } },
    ...{ createdAt: CUT_OVER - 30, chargeCreatedAt: CUT_OVER - 2, succeededAt: CUT_OVER + 1 },
    eventLagSeconds: 40 * MINUTE,
  });
  world.clock.set(CUT_OVER);
  await sync(MINUTE);
  await sync(15 * MINUTE);
  const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);
  expect(references()).not.toContain(id);
  expect(Object.keys(balanceOf(world, '@stripe-opening'))).toEqual(['USD']);
  await sync(26 * HOUR);
  expect(references()).toContain(id);
  expect(balanceOf(world, '@stripe-opening')).toEqual({});
  expect(balanceOf(world, '@cus_1')).toEqual({ [currency.toUpperCase()]: 10_000n });
  expect(balanceOf(world, '@stripe-fx')).toEqual(exchanged);
  // Until now its opening balance was waited for.
  await sync(15 * MINUTE);
  await sync(15 * MINUTE);
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
  const count = references().length;
  await sync(HOUR);
  expect(references()).toHaveLength(count);
});
