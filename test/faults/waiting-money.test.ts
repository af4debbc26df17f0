/** Money that waits for its pay-in leaves what is not applied once that is booked: once, whatever is lost meanwhile. */
import { SyncError } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { distrustRows } from '../../src/store/row-reading';
import { currentSource } from '../../src/store/sources';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const NEVER = 400 * 24 * HOUR;
const { signal } = new AbortController();

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
let settings: Readonly<Record<string, string>>;
/** The ledger takes no postings. */
let isDown = false;
/** The key may not read by which names the ledger knows its balances. */
let isNameless = false;
beforeEach(() => void (isNameless = false));
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => first.close());

async function begin(enabling: { readonly cutOver: number | null }, since = 'all') {
  settings = { SYNC_SINCE: since };
  first = world = await startWorld(db, { startAt: START, settings, through });
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000, customer: 'cus_1' });
  await sync();
  await enableWorld(world, enabling);
  await sync();
}

const through = (connection: Connection): Connection => ({
  ...connection,
  ledger: {
    ...connection.ledger,
    indicatorsOf: (ids, signal) =>
      isNameless ? Promise.resolve(undefined) : connection.ledger.indicatorsOf(ids, signal),
    post: (posting, signal) =>
      isDown
        ? Promise.reject(new SyncError('BLNK_UNAVAILABLE'))
        : connection.ledger.post(posting, signal),
  },
});

async function sync(wait = HOUR): Promise<void> {
  world.clock.advance(wait);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

/** Another deployment goes on with an empty database. */
async function loseDatabase(enabling: { readonly cutOver: number | null }): Promise<void> {
  world = await startWorld(db, { startAt: START, settings, beside: first, through });
  await sync(MINUTE);
  await enableWorld(world, enabling);
}

const applied = (id: string) =>
  world.blnk.ledger.rows.find(({ reference }) => reference === `${id}.applied`);

async function expectApplied(id: string, balances: Readonly<Record<string, bigint>>) {
  const held = Object.keys(balances).map((name) => [name, balanceOf(world, name)['USD'] ?? 0n]);
  expect(Object.fromEntries(held)).toEqual(balances);
  expect(applied(id)).toBeDefined();
  const before = world.blnk.ledger.rows.length;
  await sync();
  expect(world.blnk.ledger.rows).toHaveLength(before);
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
}

describe('of a payment that the bank took back, and that no event and no row has told of yet', () => {
  /** @returns the row of its reversal */
  async function takeBack(eventLagSeconds: number, lagSeconds: number): Promise<string> {
    const { world: stripe } = world.stripe;
    const paid = { id: 'pi_2', amount: 700, customer: 'cus_2', eventLagSeconds } as const;
    await stripe.pay({ ...paid, settle: { lagSeconds } });
    const { id } = await stripe.money.reversePayment({ payment: 'pi_2' });
    return id;
  }

  test('after a lost database', async () => {
    await begin({ cutOver: null });
    const row = await takeBack(NEVER, 3 * HOUR);
    await sync();
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: -700n });
    world.clock.advance(3 * HOUR);
    await loseDatabase({ cutOver: null });
    await sync();
    await expectApplied(row, { '@cus_2': 0n, '@stripe-unapplied': 0n });
  });

  test('after a lost database and a ledger that has lost it too', async () => {
    await begin({ cutOver: null });
    const row = await takeBack(2 * HOUR, 3 * HOUR);
    await sync();
    await sync(4 * HOUR);
    expect(applied(row)).toBeDefined();
    const { ledger } = world.blnk;
    const lost = ledger.rows.filter(({ reference }) => reference === row);
    ledger.forget(lost.map(({ seq }) => seq));
    await loseDatabase({ cutOver: null });
    await sync();
    await expectApplied(row, { '@cus_2': 0n, '@stripe-unapplied': 0n });
  });

  test('where it had not been posted before an event told', async () => {
    await begin({ cutOver: null });
    const row = await takeBack(2 * MINUTE, 3 * HOUR);
    isDown = true;
    world.clock.advance(MINUTE);
    expect((await world.driver.sync()).row).toMatchObject({ status: 'failed' });
    isDown = false;
    await sync(3 * MINUTE);
    await sync(4 * HOUR);
    await expectApplied(row, { '@cus_2': 0n, '@stripe-unapplied': 0n });
  });
});

describe('of a debit that has succeeded, by a ledger that does not name its balances', () => {
  async function debit(): Promise<string> {
    await begin({ cutOver: null });
    const begun = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
    const of = { id: 'pi_4', amount: 700, currency: 'usd', customer: 'cus_4' };
    await world.stripe.world.create({
      ...{ ...begun, ...of, chargeCreatedAt: world.clock.nowSeconds() },
    });
    await sync();
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 700n });
    isNameless = true;
    const rows = world.stripe.world.account.transactions.stored.rows();
    return rows.find(({ transaction }) => transaction.amount === '700')!.transaction.id;
  }

  test('after a lost database', async () => {
    const row = await debit();
    await world.stripe.world.succeed('pi_4');
    await loseDatabase({ cutOver: null });
    await sync();
    await expectApplied(row, { '@cus_4': 700n, '@stripe-unapplied': 0n });
  });

  test('after a lost database, once it was applied', async () => {
    const row = await debit();
    await world.stripe.world.succeed('pi_4');
    await sync();
    await loseDatabase({ cutOver: null });
    await sync();
    await expectApplied(row, { '@cus_4': 700n, '@stripe-unapplied': 0n });
  });
});

describe('of what had never waited, in a ledger in which something else had', () => {
  beforeEach(async () => {
    await begin({ cutOver: null });
    const { world: stripe } = world.stripe;
    await stripe.settle({ currencies: ['usd'] });
    const of = { amount: 900, customer: 'cus_3', currency: 'eur' } as const;
    await stripe.pay({ id: 'pi_3', ...of, settle: { rate: '1.1' } });
    await stripe.charge({ amount: 800, customer: 'cus_3', status: 'succeeded' });
    await stripe.money.reversePayment({ payment: 'pi_1' });
    await stripe.charge({ amount: 300, customer: 'cus_3', status: 'pending' });
    await sync();
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 300n });
  });

  describe.each([
    ['names', false],
    ['does not name', true],
  ])('by a ledger that %s its balances', (_what, is) => {
    beforeEach(() => void (isNameless = is));

    test('nothing is posted after a lost database', async () => {
      const before = world.blnk.ledger.rows.length;
      await loseDatabase({ cutOver: null });
      await sync();
      expect(world.blnk.ledger.rows).toHaveLength(before);
      expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
    });

    test('nothing is posted when all rows are read anew', async () => {
      const before = world.blnk.ledger.rows.length;
      const { sourceId } = (await currentSource(db, world.instanceId))!;
      await db.transaction((tx) => distrustRows(tx, sourceId));
      await sync();
      await sync();
      expect(world.blnk.ledger.rows).toHaveLength(before);
      expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
    });
  });

  test('what somebody else has under such a reference is not taken for it', async () => {
    const rows = world.stripe.world.account.transactions.stored.rows();
    const { transaction } = rows.find((one) => one.transaction.reportingCategory === 'charge')!;
    const others = { reference: transaction.id, source: '@till', destination: '@shop' };
    await world.connection.ledger.post(aPosting({ ...others, amount: 1n }), signal);
    await loseDatabase({ cutOver: null });
    await sync();
    expect(applied(transaction.id)).toBeUndefined();
  });
});
