/** What Stripe says of its balance, in the proof: late, without a currency, less than nothing. */
import { totalOf } from '../../src/domain/proof/balance-reading';
import type { CurrencyProof } from '../../src/domain/proof/proof';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  const settings = { MOVEMENTS: 'on', SYNC_SINCE: 'all' };
  world = await startWorld(db, { startAt: START, settings });
  const { world: account } = world.stripe;
  await account.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  await account.pay({ id: 'pi_e', amount: 3_000, currency: 'eur', customer: 'cus_E' });
  expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
});
afterEach(() => world.close());

/** @returns what is said of each currency */
async function run(after = HOUR): Promise<Readonly<Record<string, string>>> {
  world.clock.advance(after);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  expect((await latestProof(db, world.instanceId))?.syncId).toBe(syncId);
  const currencies = await said();
  return Object.fromEntries(currencies.map(({ currency, state }) => [currency, state]));
}

async function said(): Promise<readonly CurrencyProof[]> {
  return (await latestProof(db, world.instanceId))!.proof.currencies;
}

const bookedOf = (currency: string) => world.blnk.ledger.balances.find('@stripe', currency)!;

test('one that is ten seconds behind, with a row within them, waits, and the next run is proven', async () => {
  const { world: account } = world.stripe;
  await account.viewBalance({ lagSeconds: 10 });
  world.clock.advance(HOUR);
  await account.money.chargeFee({ amount: '250' });
  expect(await run(5)).toEqual({ EUR: 'proven', USD: 'waiting' });
  const references = world.blnk.ledger.rows.map(({ reference }) => reference);
  expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
  expect(world.blnk.ledger.rows.map(({ reference }) => reference)).toEqual(references);
});

test('one that was behind is held against none after the next that adds up', async () => {
  const { world: account } = world.stripe;
  await account.viewBalance({ lagSeconds: 10 });
  world.clock.advance(HOUR);
  await account.money.chargeFee({ amount: '250' });
  expect(await run(5)).toEqual({ EUR: 'proven', USD: 'waiting' });
  await account.viewBalance({});
  expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
  // With a row of the same second there are several cuts, and only an exact one overrules an exact one.
  world.clock.advance(HOUR);
  await account.money.chargeFee({ amount: '30' });
  expect(await run(0)).toEqual({ EUR: 'proven', USD: 'proven' });
});

describe('without a currency', () => {
  test('that holds money it waits', async () => {
    await world.stripe.world.viewBalance({ omits: ['eur'] });
    expect(await run()).toEqual({ EUR: 'waiting', USD: 'proven' });
  });

  test('in which nothing is left it is proven', async () => {
    const { world: account } = world.stripe;
    await account.viewBalance({ omitsZero: true });
    const { credit, debit } = bookedOf('EUR');
    await account.money.payout({ amount: (debit - credit).toString(), currency: 'eur' });
    expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
    expect((await said()).map(({ stripe }) => totalOf(stripe!))[0]).toBe(0n);
    expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
  });
});

test('one that a refund has brought below zero is proven', async () => {
  const { world: account } = world.stripe;
  await account.money.payout({ amount: 9_000 });
  await account.money.refund({ payment: 'pi_a', amount: 4_000 });
  expect(await run()).toEqual({ EUR: 'proven', USD: 'proven' });
  const { debit, credit } = bookedOf('USD');
  const usd = (await said()).find(({ currency }) => currency === 'USD')!;
  expect(totalOf(usd.stripe!)).toBeLessThan(0n);
  expect([usd.ledger, usd.unexplained]).toEqual([debit - credit, 0n]);
});
