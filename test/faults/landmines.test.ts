/**
 * Mistakes that importers like this one are known for, by their numbers in docs/guarantees.md; those
 * that are not here have a test elsewhere, named there.
 */
import { isDeepStrictEqual } from 'node:util';
import { connectDb, type Db } from '../../src/store/db';
import { listSyncs } from '../../src/store/syncs';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { bookings, expectConsistent, expectedBookings } from '../support/books/books-of-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (world = await startWorld(db, { startAt: START })));
afterEach(() => world.close());

const pay = async (count: number, options: Parameters<typeof world.stripe.world.pay>[0] = {}) => {
  for (let index = 0; index < count; index += 1) await world.stripe.world.pay(options);
};

/** Runs a sync to its end; what it says must hold. */
async function sync(...given: Parameters<typeof world.driver.sync>) {
  const { how, row } = await world.driver.sync(...given);
  if (how === 'closed') expectConsistent(row!);
  return { how, ...row! };
}

const expectEqual = () => expect(bookings(world)).toEqual(expectedBookings(world));

it.each([['as they are made'], ['the other way round']])(
  '3: two successes of one second are both taken, shown %s',
  async (order) => {
    await sync();
    world.clock.advance(60);
    const [early, late] = order === 'as they are made' ? [0, 2] : [2, 0];
    await pay(1, { lagSeconds: early });
    await pay(1, { lagSeconds: late });
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1 } });
    world.clock.advance(2);
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1 } });
    expectEqual();
  },
);

it('5: 250 payments of the second in which a listing ends and a tail begins are all taken', async () => {
  await pay(120);
  const meanwhile = () => pay(130);
  // In the middle of the listing, whose upper bound is this very second.
  await sync({ interruptions: [{ after: 50, how: 'meanwhile', meanwhile }] });
  expectEqual();
  // And again at the second from which the next tail reads.
  await pay(250);
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 250 } });
  expectEqual();
});

it('6: no cursor is carried into another window, where Stripe would answer with an empty page', async () => {
  for (let index = 0; index < 1_300; index += 1) {
    await pay(1, { createdAt: START - index * 3_600 });
  }
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1_300 } });
  expectEqual();
  const asked = world.stripe.requests
    .list('/v1/payment_intents')
    .map(({ query }) => Object.fromEntries(new URLSearchParams(query)));
  const filterOf = (query: Record<string, string>) =>
    Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'starting_after'));
  const continued = asked.filter(({ starting_after }) => starting_after !== undefined);
  expect(continued.length).toBeGreaterThan(5);
  for (const request of continued) {
    const cursor = world.stripe.world.find(request['starting_after']!)!;
    // It is of this window, which was begun without one.
    expect(cursor.created).toBeLessThanOrEqual(Number(request['created[lte]'] ?? Infinity));
    expect(cursor.created).toBeGreaterThanOrEqual(Number(request['created[gte]'] ?? 0));
    const begun = asked.some(
      (other) =>
        other['starting_after'] === undefined &&
        isDeepStrictEqual(filterOf(other), filterOf(request)),
    );
    expect(begun).toBe(true);
  }
});

it('7: payments that are made while the pages are read shift none of them', async () => {
  await pay(350, { createdAt: START - 60 });
  const newer = () => pay(30);
  await sync({
    interruptions: [60, 40, 200].map((after) => ({ after, how: 'meanwhile', meanwhile: newer })),
  });
  expectEqual();
});

it('8: a worker that is killed at whatever step of a page loses nothing and books nothing twice', async () => {
  await sync();
  for (let step = 1; step <= 100; step += 4) {
    world.clock.advance(1);
    await pay(3);
    const killed = await world.driver.sync({ interruptions: [{ after: step, how: 'kill' }] });
    const next = await sync();
    expect(next).toMatchObject({ status: 'completed', counts: { quarantined: 0 } });
    expectEqual();
    if (killed.how === 'closed') break;
  }
  // What a killed sync has written counts as its own, and all else as that of the next one.
  const syncs = await listSyncs(db, world.instanceId, 1000);
  const found = syncs.reduce((sum, { counts }) => sum + counts.found, 0);
  expect(found).toBe(bookings(world).length);
});

it('15: each currency is booked in its own decimals, and in the one in which the customer paid', async () => {
  const decimals = { jpy: 1, kwd: 1000, ugx: 100, isk: 100, usd: 100 };
  for (const [index, currency] of Object.keys(decimals).entries()) {
    await pay(1, { currency, amount: 12_340 + index * 10 });
  }
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 5 } });
  const booked = world.blnk.ledger.rows.map(({ currency, precision, amount }) => ({
    ...{ currency, precision, amount },
  }));
  const expected = Object.entries(decimals).map(([currency, precision], index) => ({
    ...{ currency: currency.toUpperCase(), precision, amount: BigInt(12_340 + index * 10) },
  }));
  expect(new Set(booked)).toEqual(new Set(expected));
  // What the account settles in is never asked for.
  const paths = new Set(world.stripe.requests.list().map(({ path }) => path));
  expect([...paths].filter((path) => path.includes('balance'))).toEqual([]);
});

it.each([
  'global-rate',
  'global-concurrency',
  'endpoint-rate',
  'endpoint-concurrency',
  'resource-specific',
])(
  '18: a 429 because of %s costs time once, and for long ends the sync by its name',
  async (reason) => {
    const limited = {
      kind: 'status',
      status: 429,
      json: { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'slow' } },
      headers: { 'Stripe-Rate-Limited-Reason': reason },
    } as const;
    await pay(2);
    world.stripe.faults.add({ fault: limited, times: 1 });
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 2 } });
    await pay(2);
    world.stripe.faults.add({ fault: limited });
    expect(await sync()).toMatchObject({
      status: 'failed',
      error: 'STRIPE_RATE_LIMITED',
      errorDetails: { reason },
    });
    world.stripe.faults.clear();
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 2 } });
    expect(world.paused).toEqual([]);
    expectEqual();
  },
);

it('20: a success whose event has the form of an API version of years ago is booked the same', async () => {
  await sync();
  world.clock.advance(60);
  const { id, created } = await world.stripe.world.pay({ amount: 4_200, customer: 'cus_Old' });
  const charge = { id: 'ch_1', object: 'charge', amount: 4_200, created, captured: true };
  const old = {
    ...{ id, object: 'payment_intent', status: 'succeeded', created, livemode: false },
    ...{ amount: 4_200, amount_received: 4_200, currency: 'usd', customer: 'cus_Old' },
    // Before 2022-11-15 there was no latest_charge, and no customer_account until much later.
    charges: { object: 'list', data: [charge], has_more: false, url: '/v1/charges' },
    ...{ payment_method_types: ['card'], source: null },
  };
  const event = {
    ...{ id: 'evt_1', object: 'event', api_version: '2019-02-19', created },
    ...{ type: 'payment_intent.succeeded', data: { object: old } },
  };
  const list = { object: 'list', data: [event], has_more: false, url: '/v1/events' };
  const fault = { kind: 'status', status: 200, json: list } as const;
  world.stripe.faults.add({ path: '/v1/events', times: 1, fault });
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1 } });
  expectEqual();
  expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 0 } });
});
