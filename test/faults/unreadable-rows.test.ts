/** A row of Stripe's that cannot be read has a verdict of its own, and its page goes on. */
import type { Fault } from '../../sandbox/faults';
import { connectDb, type Db } from '../../src/store/db';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { quarantined } from '../support/books/books-of-world';

const DAY = 24 * 60 * 60;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  const startAt = Math.floor(Date.now() / 1000);
  const since = new Date((startAt - 60 * DAY) * 1000).toISOString().slice(0, 10);
  world = await startWorld(db, { startAt, settings: { SYNC_SINCE: since } });
});
afterEach(() => world.close());

const sync = async () => (await world.driver.sync()).row;
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();

type Odd = Omit<Extract<Fault, { kind: 'row' }>, 'kind'>;
/** What becomes of the payment of the row: booked all the same, or set aside under what. */
type Outcome = 'booked' | 'its intent' | RegExp;

const digest = /^row_[0-9a-f]{20}$/;

describe('in a tail', () => {
  it.each<[what: string, odd: Odd, outcome: Outcome]>([
    ['without data', { remove: ['data'] }, /^evt_/],
    ['with data that is text', { set: { data: 'x' } }, /^evt_/],
    ['whose object is null', { set: { 'data.object': null } }, /^evt_/],
    [
      'whose object is another one',
      { set: { 'data.object': { object: 'plan', id: 'p' } } },
      /^evt_/,
    ],
    ['whose object has no id', { remove: ['data.object.id'] }, /^evt_/],
    ['whose object has no status', { remove: ['data.object.status'] }, 'booked'],
    ['whose object has a status that is a list', { set: { 'data.object.status': [] } }, 'booked'],
    ['without its time', { remove: ['created'] }, 'its intent'],
    ['without its type', { remove: ['type'] }, 'booked'],
    ['without its id', { remove: ['id'] }, 'booked'],
    ['without id and data', { remove: ['id', 'data'] }, digest],
    ['that is null', { json: null }, digest],
    ['that is text', { json: 'evt_1' }, digest],
    ['that is empty', { json: {} }, digest],
  ])('an event %s stops none of the others', async (_what, odd, outcome) => {
    await sync();
    const { world: stripe, faults } = world.stripe;
    const others = [await stripe.pay(), await stripe.pay()];
    const one = await stripe.pay();
    const more = [await stripe.pay(), await stripe.pay()];
    const expected = [...others, ...more].map(({ id }) => id);
    // Newest first: it is the third row, and stays as it is.
    faults.add({ path: '/v1/events', fault: { kind: 'row', at: 2, ...odd } });
    const isBooked = outcome === 'booked';
    expect(await sync()).toMatchObject({
      status: isBooked ? 'completed' : 'completed_with_problems',
      counts: { posted: isBooked ? 5 : 4, quarantined: isBooked ? 0 : 1 },
      reasons: isBooked ? {} : { OBJECT_UNREADABLE: 1 },
    });
    expect(booked()).toEqual([...expected, ...(isBooked ? [one.id] : [])].sort());
    const [aside] = (await quarantined(world)).keys();
    if (outcome === 'its intent') expect(aside).toBe(one.id);
    else if (outcome !== 'booked') expect(aside).toMatch(outcome);
    // Seen again, it is no news; and the watermark has gone on.
    expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 0 } });
    if (isBooked) return;
    // Its payment is there for whoever reads it.
    faults.clear();
    const scope = { kind: 'payment', paymentIntentId: one.id } as const;
    expect((await world.driver.sync({ scope })).row).toMatchObject({ counts: { posted: 1 } });
  });

  it('many events without a status cost a few reads, and what is left is set aside', async () => {
    await sync();
    const ids: string[] = [];
    for (let index = 0; index < 25; index += 1) ids.push((await world.stripe.world.pay()).id);
    const events = await fetch(`${world.stripe.url}/v1/events?limit=100`, {
      headers: { Authorization: 'Bearer sk_test_sandbox' },
    });
    const list = (await events.json()) as { data: { data: { object: { status?: string } } }[] };
    for (const { data } of list.data) delete data.object.status;
    world.stripe.faults.add({
      path: '/v1/events',
      fault: { kind: 'status', status: 200, json: list },
    });
    expect(await sync()).toMatchObject({ counts: { posted: 20, quarantined: 5 } });
    expect([...booked(), ...(await quarantined(world)).keys()].sort()).toEqual(ids.sort());
  });
});

describe('in a listing', () => {
  it.each<[what: string, path: string, odd: Odd, outcome: Outcome]>([
    ['a PaymentIntent without a status', '/v1/payment_intents', { remove: ['status'] }, 'booked'],
    [
      'a PaymentIntent without its time',
      '/v1/payment_intents',
      { remove: ['created'] },
      'its intent',
    ],
    ['a PaymentIntent without an id', '/v1/payment_intents', { remove: ['id'] }, digest],
    ['another object', '/v1/payment_intents', { set: { object: 'refund', id: 're_1' } }, /^re_1$/],
    ['null for a PaymentIntent', '/v1/payment_intents', { json: null }, digest],
    ['a charge without its status', '/v1/charges', { remove: ['status'] }, 'booked'],
    [
      'a charge whose intent is not expanded',
      '/v1/charges',
      { set: { payment_intent: 'THE_ID' } },
      'booked',
    ],
    [
      'a charge whose intent has no status',
      '/v1/charges',
      { remove: ['payment_intent.status'] },
      'booked',
    ],
    ['a charge whose intent is a number', '/v1/charges', { set: { payment_intent: 1 } }, /^ch_/],
    ['text for a charge', '/v1/charges', { json: 'ch_1' }, digest],
  ])('%s stops none of the others', async (_what, path, odd, outcome) => {
    const { world: stripe, faults } = world.stripe;
    const now = world.clock.nowSeconds();
    // Of charges: intents of a year ago, of which only their charges tell.
    const pay = (index: number) => {
      const at = now - 40 * DAY + index;
      return stripe.pay({
        createdAt: path === '/v1/charges' ? at - 365 * DAY : at,
        succeededAt: at,
      });
    };
    const others = [await pay(1), await pay(2), await pay(4), await pay(5)];
    const one = await pay(3);
    const text = JSON.stringify(odd).replace('THE_ID', one.id);
    faults.add({ path, fault: { kind: 'row', at: 2, ...(JSON.parse(text) as Odd) } });
    // The charges have nothing to say about those of the other list.
    const none = { object: 'list', data: [], has_more: false };
    if (path !== '/v1/charges') {
      faults.add({ path: '/v1/charges', fault: { kind: 'status', status: 200, json: none } });
    }
    const first = await sync();
    const isBooked = outcome === 'booked';
    expect(first).toMatchObject({ counts: { posted: isBooked ? 5 : 4 } });
    expect(booked()).toEqual([...others, ...(isBooked ? [one] : [])].map(({ id }) => id).sort());
    const [aside] = (await quarantined(world)).keys();
    if (outcome === 'its intent') expect(aside).toBe(one.id);
    else if (outcome !== 'booked') expect(aside).toMatch(outcome);
    else expect(aside).toBeUndefined();
    expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 0 } });
  });

  it('goes on after the last row that has an id, and sees those without one again', async () => {
    const { world: stripe, faults } = world.stripe;
    const ids: string[] = [];
    for (let index = 0; index < 230; index += 1) {
      ids.push((await stripe.pay({ createdAt: world.clock.nowSeconds() - 10 * DAY - index })).id);
    }
    faults.add({
      path: '/v1/payment_intents',
      times: 1,
      fault: { kind: 'row', at: 99, json: null },
    });
    expect(await sync()).toMatchObject({ counts: { posted: 230, quarantined: 1 } });
    expect(booked()).toEqual(ids.sort());
  });

  it('fails where no row has an id to go on after', async () => {
    const json = { object: 'list', data: [null, {}], has_more: true };
    world.stripe.faults.add({
      path: '/v1/payment_intents',
      fault: { kind: 'status', status: 200, json },
    });
    expect(await sync()).toMatchObject({
      status: 'failed',
      error: 'STRIPE_BAD_ANSWER',
      errorDetails: { field: 'cursor' },
    });
  });
});
