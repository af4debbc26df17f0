/** Money that moves in parts and comes back, a run after each step: what the ledger holds each time, and the proof. */
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf, type Sums } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';

const SETTINGS = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
const NAMES = ['', '-unapplied', '-payouts', '-fx', '-disputes', '-suspense'].map(
  (end) => `@stripe${end}`,
);

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 1, 12) / 1000, settings: SETTINGS });
  await world.stripe.world.settle({ currencies: ['usd'], rates: { eur: '1.1' } });
});
afterEach(() => world.close());

/** Balances after another run that is proven; those at zero are left out. */
async function afterSync(): Promise<Record<string, Sums>> {
  world.clock.advance(3_600);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = await latestProof(db, world.instanceId);
  expect(stored).toMatchObject({ syncId, proof: { state: 'proven' } });
  const all = [...NAMES, '@cus_1', '@acct_X'].map(
    (name) => [name, balanceOf(world, name)] as const,
  );
  return Object.fromEntries(all.filter(([, sums]) => Object.keys(sums).length > 0));
}

/** It ends so, and a further run books nothing. */
async function expectInTheEnd(balances: Record<string, Sums>): Promise<void> {
  expect(await afterSync()).toEqual(balances);
  const count = world.blnk.ledger.rows.length;
  expect(await afterSync()).toEqual(balances);
  expect(world.blnk.ledger.rows).toHaveLength(count);
}

const settle = { fee: 0 };
const paid = async (amount: number, currency = 'usd') =>
  (await world.stripe.world.pay({ amount, currency, customer: 'cus_1', settle })).id;

test('a refund that waits for balance moves nothing until it does', async () => {
  const { money } = world.stripe.world;
  const payment = await paid(10_000, 'eur');
  const before = {
    ...{ '@stripe': { USD: -11_000n }, '@stripe-fx': { EUR: -10_000n, USD: 11_000n } },
    '@cus_1': { EUR: 10_000n },
  };
  expect(await afterSync()).toEqual(before);
  const { id: refund } = await money.refund({
    ...{ payment, amount: 4_000, waitsFor: 'insufficient_funds' },
  });
  expect(await afterSync()).toEqual(before);
  await money.settleRefund({ refund, rate: '1.2' });
  await expectInTheEnd({
    ...{ '@stripe': { USD: -6_200n }, '@stripe-fx': { EUR: -6_000n, USD: 6_200n } },
    '@cus_1': { EUR: 6_000n },
  });
});

test('a refund that waited and was cancelled has moved nothing', async () => {
  const { money } = world.stripe.world;
  const payment = await paid(10_000);
  const { id: refund } = await money.refund({ payment, waitsFor: 'charge_pending' });
  const kept = { '@stripe': { USD: -10_000n }, '@cus_1': { USD: 10_000n } };
  expect(await afterSync()).toEqual(kept);
  await money.failRefund({ refund, status: 'canceled' });
  await expectInTheEnd(kept);
});

test('a payment of several captures waits part by part, and is its payer’s with the last', async () => {
  const { world: account } = world.stripe;
  const authorised = { status: 'requires_capture', captureMethod: 'manual' } as const;
  const of = { amount: 10_000, currency: 'eur', customer: 'cus_1' };
  const { id: payment } = await account.create({ ...authorised, ...of });
  expect(await afterSync()).toEqual({});
  await account.money.capture({ payment, amount: 3_000, rate: '1.1', fee: 0 });
  expect(await afterSync()).toEqual({
    ...{ '@stripe': { USD: -3_300n }, '@stripe-unapplied': { USD: 3_300n } },
  });
  await account.money.capture({ payment, amount: 4_000, rate: '1.2', fee: 0, isFinal: true });
  await expectInTheEnd({
    ...{ '@stripe': { USD: -8_100n }, '@stripe-fx': { EUR: -7_000n, USD: 8_100n } },
    '@cus_1': { EUR: 7_000n },
  });
});

test('a payment that its bank takes back after it was booked is taken from its payer', async () => {
  const payment = await paid(10_000);
  await afterSync();
  await world.stripe.world.money.reversePayment({ payment, amount: 4_000 });
  await expectInTheEnd({ '@stripe': { USD: -6_000n }, '@cus_1': { USD: 6_000n } });
});

test('a dispute that is won, and whose money Stripe lists later, costs its payer nothing', async () => {
  const { money } = world.stripe.world;
  const payment = await paid(10_000, 'eur');
  const { id: dispute } = await money.dispute({ payment, fee: 0 });
  const before = { '@stripe-fx': { EUR: -10_000n, USD: 11_000n }, '@cus_1': { EUR: 10_000n } };
  expect(await afterSync()).toEqual({ ...before, '@stripe-disputes': { USD: -11_000n } });
  await money.closeDispute({ dispute, status: 'won', lagSeconds: 2 * 3_600 });
  world.clock.advance(3_600);
  await askAboutDisputes(db, world.instanceId);
  await world.driver.sync();
  const asked = await db.query('select status from disputes where instance_id = $1', [
    world.instanceId,
  ]);
  expect(asked).toEqual([{ status: 'won' }]);
  expect(balanceOf(world, '@cus_1')).toEqual({ EUR: 10_000n });
  world.clock.advance(3_600);
  await expectInTheEnd({ ...before, '@stripe': { USD: -11_000n } });
});

test('a dispute that is won at another rate costs its payer nothing', async () => {
  const { money } = world.stripe.world;
  const payment = await paid(10_000, 'eur');
  const { id: dispute } = await money.dispute({ payment, fee: 0 });
  await afterSync();
  await money.closeDispute({ dispute, status: 'won', rate: '1.2' });
  await askAboutDisputes(db, world.instanceId);
  await expectInTheEnd({
    ...{ '@stripe': { USD: -12_000n }, '@cus_1': { EUR: 10_000n } },
    '@stripe-fx': { EUR: -10_000n, USD: 12_000n },
  });
});

test('a payout that failed after it was paid is back, and so is a transfer that was reversed', async () => {
  const { money } = world.stripe.world;
  await paid(10_000);
  const { id: payout } = await money.payout({ amount: 6_000 });
  await money.payPayout({ payout });
  const { id: transfer } = await money.transfer({ amount: 1_000, destination: 'acct_X' });
  const gone = { '@stripe': { USD: -3_000n }, '@stripe-payouts': { USD: -6_000n } };
  const payer = { '@cus_1': { USD: 10_000n } };
  expect(await afterSync()).toEqual({ ...gone, ...payer, '@acct_X': { USD: -1_000n } });
  world.clock.advance(5 * 24 * 3_600);
  await money.failPayout({ payout });
  await money.reverseTransfer({ transfer });
  await expectInTheEnd({ '@stripe': { USD: -10_000n }, ...payer });
});
