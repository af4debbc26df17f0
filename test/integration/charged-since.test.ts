/**
 * A first sync with SYNC_SINCE finds every payment that succeeded since then, whatever the age of its
 * PaymentIntent: an invoice may be paid a year after it was made.
 */
import { connectDb, type Db } from '../../src/store/db';
import type { Charge } from '../../sandbox/stripe/objects/charge';
import type { PayOptions } from '../../sandbox/stripe/objects/intent';
import { findPayIn } from '../../src/store/movements';
import { postAfterAll } from '../../src/store/set-aside';
import { FORGET_WATERMARKS } from '../support/databases/forget-watermarks';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

const DAY = 24 * 60 * 60;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

/** @returns the cut-over, so many days ago */
async function begin(daysAgo: number): Promise<number> {
  const startAt = Math.floor(Date.now() / 1000);
  const text = new Date((startAt - daysAgo * DAY) * 1000).toISOString().slice(0, 10);
  world = await startWorld(db, { startAt, settings: { SYNC_SINCE: text } });
  return Date.parse(`${text}T00:00:00Z`) / 1000;
}

const invoice = (created: number, paid: number, more: PayOptions = {}) =>
  world.stripe.world.pay({ createdAt: created, succeededAt: paid, ...more });
const sync = async () => (await world.driver.sync()).row;
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();
const reads = (path: string) =>
  world.stripe.requests.list(path).map(({ query }) => new URLSearchParams(query));

describe.each([5, 23, 24, 25, 40, 100, 500])('a cut-over %d days ago', (daysAgo) => {
  it('has the payments since then of intents of any age, and none before', async () => {
    const since = await begin(daysAgo);
    const now = world.clock.nowSeconds();
    const ages = [1, 44, 46, 89, 91, 120, 365, 396, 800];
    const since2 = Math.min(since + 3, now - 1);
    const after = [
      ...(await Promise.all(ages.map((age) => invoice(since - age * DAY, since2)))),
      ...(await Promise.all(ages.map((age) => invoice(since - age * DAY, now - 60)))),
      await invoice(since - 365 * DAY, since),
      await invoice(since, since),
      await invoice(now - 9, now - 5),
      // At the second where events begin, and on both sides of it.
      ...(await Promise.all(
        [-1, 0, 1].map((off) => invoice(since - 365 * DAY, Math.max(since, now - 24 * DAY + off))),
      )),
    ];
    const before = [
      await invoice(since - 365 * DAY, since - 1),
      await invoice(since - 30 * DAY, since - 20 * DAY),
      await invoice(since - 800 * DAY, since - 700 * DAY),
    ];
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: after.length } });
    expect(booked()).toEqual(after.map(({ id }) => id).sort());
    for (const { id } of before) {
      const state = (await findPayIn(db, world.instanceId, id))?.state;
      expect([undefined, 'before_since']).toContain(state);
    }
    expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 0 } });
  });
});

it('an invoice is paid by a debit that was initiated since: nobody has to look at it', async () => {
  const since = await begin(60);
  const paid = since + 9 * DAY;
  const debit = { paymentMethodType: 'sepa_debit', chargeCreatedAt: since + DAY };
  const late = await invoice(since - 400 * DAY, paid, debit);
  const unclear = await invoice(since - 400 * DAY, paid, { ...debit, chargeCreatedAt: since - 1 });
  expect(await sync()).toMatchObject({
    status: 'completed_with_problems',
    counts: { posted: 1 },
    reasons: { SUCCESS_TIME_UNKNOWN: 1 },
  });
  expect(booked()).toEqual([late.id]);
  expect((await findPayIn(db, world.instanceId, unclear.id))?.reason).toBe('SUCCESS_TIME_UNKNOWN');
});

it('what is not booked yet is posted after all when a person says so, dated when the books begin', async () => {
  const since = await begin(60);
  const debit = { paymentMethodType: 'sepa_debit', chargeCreatedAt: since - 1 };
  const [one, other] = [
    await invoice(since - 400 * DAY, since + 9 * DAY, debit),
    await invoice(since - 400 * DAY, since + 9 * DAY, debit),
  ];
  await sync();
  const choice = { kind: 'one', id: one.id } as const;
  const note = { by: 'ada', note: 'not in the books of before' };
  expect(await postAfterAll(db, world.instanceId, choice, note)).toMatchObject({ due: 1 });
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1 } });
  expect(booked()).toEqual([one.id]);
  expect(await findPayIn(db, world.instanceId, one.id)).toMatchObject({
    ...{ state: 'posted', succeededAt: since, reason: null },
  });
  expect(await findPayIn(db, world.instanceId, other.id)).toMatchObject({ state: 'quarantined' });
  expect(
    await db.query(
      'select post_after_by as by, post_after_note as note from movements where movement_id = $1',
      [one.id],
    ),
  ).toEqual([note]);
});

it('what a charge does not stand for is not taken: failed, pending, uncaptured, without an intent', async () => {
  const since = await begin(60);
  const { world: stripe } = world.stripe;
  const createdAt = since + 10 * DAY;
  await stripe.create({ createdAt: since - DAY, chargeCreatedAt: createdAt, status: 'processing' });
  const manual = { status: 'requires_capture', captureMethod: 'manual' } as const;
  await stripe.create({ createdAt: since - DAY, chargeCreatedAt: createdAt, ...manual });
  const open = await stripe.create({ createdAt: since - 300 * DAY });
  await stripe.charge({ createdAt, status: 'failed', paymentIntent: open.id });
  await stripe.charge({ createdAt, status: 'succeeded' });
  await stripe.charge({ id: 'py_connect', createdAt, sourceTransfer: 'tr_1' });
  const paid = await invoice(since - 300 * DAY, createdAt + 5);
  await stripe.charge({ createdAt, status: 'failed', paymentIntent: paid.id });
  expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 1, posted: 1 } });
  expect(booked()).toEqual([paid.id]);
});

it('a charge that is not the latest one of its intent has Stripe asked for that', async () => {
  const since = await begin(60);
  const at = since + 10 * DAY;
  const paid = await invoice(since - 300 * DAY, at);
  const odd: Charge = await world.stripe.world.charge({ createdAt: at, paymentIntent: paid.id });
  expect(odd.status).toBe('succeeded');
  expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 1, posted: 1 } });
  expect(reads(`/v1/payment_intents/${paid.id}`)).toHaveLength(1);
});

it('a listing that failed in the middle of the charges is taken up by a later sync', async () => {
  const since = await begin(60);
  const ids: string[] = [];
  for (let index = 0; index < 250; index += 1) {
    ids.push((await invoice(since - (index + 91) * DAY, since + index * 600)).id);
  }
  world.stripe.faults.add({ path: '/v1/charges', skip: 1, fault: { kind: 'reset' } });
  expect(await sync()).toMatchObject({ status: 'failed', error: 'STRIPE_UNAVAILABLE' });
  expect(booked().length).toBeLessThan(250);
  world.stripe.faults.clear();
  world.clock.advance(DAY / 2);
  const late = await invoice(since - 390 * DAY, world.clock.nowSeconds());
  expect(await sync()).toMatchObject({ status: 'completed' });
  expect(booked()).toEqual([...ids, late.id].sort());
});

it('a listing that is taken up so late that its events are gone begins anew, and finds all', async () => {
  const since = await begin(60);
  const ids = [(await invoice(since - 365 * DAY, since + DAY)).id];
  world.stripe.faults.add({ path: '/v1/payment_intents', fault: { kind: 'reset' } });
  expect(await sync()).toMatchObject({ status: 'failed' });
  world.stripe.faults.clear();
  for (const days of [1, 9, 10]) {
    ids.push((await invoice(since - 365 * DAY, world.clock.nowSeconds())).id);
    world.clock.advance(days * DAY);
  }
  expect(await sync()).toMatchObject({ status: 'completed' });
  expect(booked()).toEqual(ids.sort());
});

it('an instance that was listed by an earlier version is listed again, once', async () => {
  const since = await begin(60);
  await sync();
  await db.query('update sources set listed_by_charge = false where instance_id = $1', [
    world.instanceId,
  ]);
  // What the earlier version did not look for.
  const missed = await invoice(since - 365 * DAY, since + DAY);
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 1 } });
  expect(booked()).toEqual([missed.id]);
  world.stripe.requests.clear();
  expect(await sync()).toMatchObject({ counts: { found: 0 } });
  expect(reads('/v1/charges')).toEqual([]);
});

it('the first tail after a listing asks the ledger about everything it sees, whatever our row says', async () => {
  const since = await begin(10);
  const { world: stripe } = world.stripe;
  await sync();
  // Known to be posted once, by its event alone, into a ledger that has lost it.
  const lost = await invoice(since - 300 * DAY, since + DAY);
  await db.query(
    `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, state,
       reference, posted_at)
     select 'pay_in', $1, $2, 'page_1', 'sync_1', source_id, 'posted', $2, now() - interval '2 days'
     from sources where instance_id = $1`,
    [world.instanceId, lost.id],
  );
  await stripe.pay();
  await db.query(FORGET_WATERMARKS, [world.instanceId]);
  expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 2 } });
  expect(booked()).toContain(lost.id);
  expect(await sync()).toMatchObject({ status: 'completed', counts: { found: 0 } });
});
