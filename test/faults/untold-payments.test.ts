/** A payment is in Stripe's balance, and no event has told of it: its row does. */
import { SyncError } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const HOUR = 3_600;
const DAY = 24 * HOUR;

let db: Db;
let world: DrivenWorld;
/** What was asked of Stripe, in its order: a payment by its id, or `rows`. */
let asked: string[];
/** Payments that Stripe has no time for, once each, by how many were asked for before. */
let limited: readonly number[];
/** From so many on it tells of none. */
let untoldFrom: number;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  [asked, limited, untoldFrom] = [[], [], Infinity];
  world = await startWorld(db, { startAt: START, through });
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000 });
  await sync();
  await enableWorld(world, { cutOver: null });
  await sync();
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = (...args) => {
    asked.push('rows');
    return stripe.listTransactions(...args);
  };
  const readPayIn: typeof stripe.readPayIn = (id, ...args) => {
    const nth = asked.filter((one) => one !== 'rows').length;
    asked.push(id);
    if (limited.includes(nth)) return Promise.reject(new SyncError('STRIPE_RATE_LIMITED'));
    if (nth >= untoldFrom) return Promise.reject(new SyncError('STRIPE_BAD_ANSWER'));
    return stripe.readPayIn(id, ...args);
  };
  return { ...connection, stripe: { ...stripe, listTransactions, readPayIn } };
}

async function sync(): Promise<void> {
  world.clock.advance(HOUR);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);

test.each([
  ['never tells of it', 400 * DAY],
  ['tells of it four days later', 4 * DAY],
])('an event that %s: it is booked by the same run, and once', async (_what, eventLagSeconds) => {
  const paid = { id: 'pi_2', amount: 700, customer: 'cus_2', eventLagSeconds } as const;
  await world.stripe.world.pay({ ...paid, settle: { fee: 50 } });
  await sync();
  const own = references().slice(-2);
  expect(own).toEqual(['pi_2', expect.stringMatching(/^txn_\S+\.fee$/)]);
  const proof = async () => (await latestProof(db, world.instanceId))?.proof;
  expect(await proof()).toMatchObject({
    ...{ state: 'proven', currencies: [{ currency: 'USD', unexplained: 0n, movements: 4 }] },
  });
  // Nothing of it went by way of what has not come in yet.
  expect(world.blnk.ledger.balances.find('@stripe-unapplied', 'USD')).toBeNull();
  expect(world.blnk.ledger.balances.find('@cus_2', 'USD')).toMatchObject({ credit: 700n });
  const before = references();
  world.clock.advance(5 * DAY);
  await sync();
  expect(references()).toEqual(before);
  expect(await proof()).toMatchObject({ state: 'proven' });
});

describe('of many payments, one that Stripe has no time for just now', () => {
  /** Such as nothing tells of but their rows. */
  async function pay(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let nth = 1; nth <= count; nth += 1) {
      const paid = { id: `pi_${nth + 1}`, amount: 700, customer: 'cus_2' };
      ids.push((await world.stripe.world.pay({ ...paid, eventLagSeconds: 400 * DAY })).id);
    }
    return ids;
  }

  test('ends the step, whose repeat asks for the rest alone', async () => {
    const ids = await pay(40);
    [asked, limited] = [[], [19]];
    await sync();
    const again = asked.lastIndexOf('rows');
    const [before, after] = [asked.slice(1, again), asked.slice(again + 1)];
    // Nothing of the first attempt goes on beside the second.
    expect(before).toHaveLength(20);
    // What was under way was called off.
    expect(after.length).toBeGreaterThanOrEqual(21);
    expect(after.length).toBeLessThanOrEqual(28);
    expect(references()).toEqual(expect.arrayContaining(ids));
    expect(world.blnk.ledger.balances.find('@stripe-unapplied', 'USD')).toBeNull();
  });

  test('and what was told before is booked first, whatever the repeat is told', async () => {
    await pay(40);
    [asked, limited, untoldFrom] = [[], [19], 20];
    await sync();
    const booked = references().filter((one) => one.startsWith('pi_')).length - 1;
    expect(booked).toBeGreaterThanOrEqual(12);
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: BigInt(40 - booked) * 700n });
    expect(references().filter((one) => one.endsWith('.applied'))).toEqual([]);
  });

  test('ends the step also of those that are asked for again later', async () => {
    const ids = await pay(3);
    untoldFrom = 0;
    await sync();
    // Nor with the rows of the last minutes, which are read once more.
    await world.stripe.world.pay({ id: 'pi_9', amount: 700 });
    await sync();
    await db.query(
      `update balance_transactions set seen_at = now() - interval '7 hours', asked_at = null where instance_id = $1`,
      [world.instanceId],
    );
    [asked, limited, untoldFrom] = [[], [2], Infinity];
    await sync();
    const payments = asked.filter((one) => one !== 'rows');
    expect(payments).toHaveLength(4);
    expect(references()).toEqual(expect.arrayContaining(ids));
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({});
  });
});
