/**
 * A key that does not tell its account is replaced: for all that is known, an account was left. What it has booked stays
 * in the ledger, and the opening balance of what comes after it counts no more of it than what stays its own.
 */
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import {
  closeMovements,
  findOpening,
  openMovements,
  reopenMovements,
} from '../../src/engine/opening/opening';
import { openingAsText } from '../../src/domain/opening/opening-text';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { balanceOf, negated, trulyHeld } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const NOW = at('2026-06-11T12:00:00Z');
const SINCE = { SYNC_SINCE: '2026-06-01', MOVEMENTS: 'on' };

/** All that is needed, and nothing that tells whose it is. */
const PERMISSIONS = [
  ...['rak_payment_intent_read', 'rak_event_read', 'rak_charge_read', 'rak_dispute_read'],
  ...['rak_balance_transaction_source_read', 'rak_payout_read', 'rak_top_up_read'],
];
const FIRST = { key: 'rk_test_first', livemode: false, permissions: PERMISSIONS };
const ROLLED = { key: 'rk_test_rolled', livemode: false, permissions: PERMISSIONS };
const TELLING = { key: 'rk_test_telling', livemode: false };

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  const STRIPE_SECRET_KEY = FIRST.key;
  world = await startWorld(db, { startAt: NOW, settings: { ...settings, STRIPE_SECRET_KEY } });
  for (const key of [FIRST, ROLLED, TELLING]) world.stripe.addKey(key);
  await aStory();
}

async function begin(settings: Readonly<Record<string, string>> = SINCE): Promise<void> {
  await start(settings);
  await sync();
  await world.stripe.world.succeed('pi_under_way', { at: world.clock.nowSeconds() });
  expect(await sync()).toBe(settings['MOVEMENTS'] === 'off' ? null : 'proven');
}

const debit = { status: 'processing', paymentMethodType: 'us_bank_account' } as const;
const debitOf = (time: string) => ({ ...debit, createdAt: at(time), chargeCreatedAt: at(time) });

/** Debits that begin before the cut-over, one of them in another currency, and succeed since; and all else that moves. */
async function aStory(): Promise<void> {
  const stripe = world.stripe.world;
  await stripe.settle({ currencies: ['usd'] });
  const of = { customer: 'cus_1', currency: 'usd' };
  const times = (time: string) => ({ createdAt: at(time), succeededAt: at(time) });
  await stripe.pay({ ...of, id: 'pi_before', amount: 100_000, ...times('2026-05-25T10:00:00Z') });
  for (const [id, currency] of [
    ['pi_debit', 'usd'],
    ['pi_debit_eur', 'eur'],
  ] as const) {
    await stripe.create({
      ...of,
      ...debitOf('2026-05-29T10:00:00Z'),
      id,
      currency,
      amount: 30_000,
    });
    await stripe.succeed(id, { at: at('2026-06-05T10:00:00Z') });
  }
  for (const [id, amount] of [
    ['pi_under_way', 8_000],
    ['pi_open', 6_000],
  ] as const) {
    await stripe.create({ ...of, ...debitOf('2026-06-09T10:00:00Z'), id, amount });
  }
  await stripe.pay({ ...of, id: 'pi_since', amount: 50_000, ...times('2026-06-02T10:00:00Z') });
  await stripe.pay({
    ...of,
    id: 'pi_eur',
    amount: 7_000,
    currency: 'eur',
    ...times('2026-06-03T10:00:00Z'),
  });
  await stripe.money.payout({ amount: 40_000, at: at('2026-06-06T10:00:00Z') });
  await stripe.money.refund({
    payment: 'pi_before',
    amount: 1_000,
    at: at('2026-06-07T10:00:00Z'),
  });
}

/** @returns what is proven; null: nothing by this sync */
async function sync(acceptSource = false): Promise<string | null> {
  world.clock.advance(3_600);
  const { syncId, row } = await world.driver.sync({ acceptSource });
  expect(row).toMatchObject({ error: null });
  const proof = await latestProof(db, world.instanceId);
  return proof?.syncId === syncId ? proof.proof.state : null;
}

async function replace(
  key: string,
  settings: Readonly<Record<string, string>> = SINCE,
): Promise<void> {
  await world.configure({ ...settings, STRIPE_SECRET_KEY: key });
  expect(await sync(true)).toBeNull();
}

const plan = (since?: number) => planIn(world, since);

const postings = () =>
  world.blnk.ledger.rows.map(({ reference, amount }) => `${reference} ${amount}`);

/** As it was before, and after what comes next too. @param more postings */
async function expectAsBefore(before: readonly string[], more = 0): Promise<void> {
  expect(await sync()).toBe('proven');
  expect(postings().slice(0, before.length)).toEqual(before);
  expect(postings()).toHaveLength(before.length + more);
  await world.stripe.world.pay({ amount: 900, currency: 'usd', customer: 'cus_1' });
  await world.stripe.world.succeed('pi_open', { at: world.clock.nowSeconds() });
  expect(await sync()).toBe('proven');
  expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
}

describe.each([
  ['by one that does not tell its account either', ROLLED.key, null],
  ['by one that tells it', TELLING.key, expect.stringMatching(/^acct_/) as string],
])('replaced %s', (_how, key, account) => {
  test('what the first has booked since the cut-over is no part of the opening balance', async () => {
    await begin();
    const before = postings();
    expect(before).toEqual(
      expect.arrayContaining([expect.stringMatching(/\.opening 30000$/), 'pi_debit_eur.fx1 30000']),
    );
    await replace(key);
    expect(await currentSource(db, world.instanceId)).toMatchObject({ stripeAccount: account });
    const planned = await plan();
    expect(planned.openings.map(({ amount }) => amount)).toEqual(planned.openings.map(() => 0n));
    expect(openingAsText(planned)).toMatch(/- of an account or key left +-/);
    await openMovements(db, planned, 'anna');
    await expectAsBefore(before);
  });

  test('also after it has carried over the whole history', async () => {
    const all = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
    await begin(all);
    const before = postings();
    await replace(key, all);
    await expect(plan()).rejects.toMatchObject({ code: 'USAGE' });
    const planned = await plan(at('2026-05-20T00:00:00Z'));
    expect(planned.openings.map(({ amount }) => amount)).toEqual(planned.openings.map(() => 0n));
    await openMovements(db, planned, 'anna');
    await expectAsBefore(before);
  });
});

const LATER = at('2026-06-10T00:00:00Z');

test('from a later day on, what it has booked before that stays', async () => {
  await begin();
  const before = postings();
  await replace(TELLING.key);
  await openMovements(db, await plan(LATER), 'anna');
  // The debit that began before that day is held by the opening balance, and leaves it.
  await expectAsBefore(before, 2);
  expect(postings().slice(before.length, before.length + 2)).toEqual([
    expect.stringMatching(/^opening\..* 8000$/),
    expect.stringMatching(/^txn_.*\.opening 8000$/),
  ]);
});

test('from an earlier day on, what has followed its opening balance stays with that', async () => {
  const off = { ...SINCE, MOVEMENTS: 'off' };
  await begin(off);
  await openMovements(db, await plan(LATER), 'anna');
  expect(await sync()).toBe('proven');
  expect(postings()).toEqual(expect.arrayContaining([expect.stringMatching(/\.opening 8000$/)]));
  await replace(ROLLED.key, off);
  await openMovements(db, await plan(), 'anna');
  expect(await sync()).toBe('proven');
  expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
});

test('one that was frozen wrong stays so, until a key that counts as another account begins anew', async () => {
  await begin();
  await replace(TELLING.key);
  await openMovements(db, await plan(LATER), 'anna');
  const { sourceId } = (await currentSource(db, world.instanceId))!;
  await db.query(
    `update openings set amount = amount + 500, earlier = earlier - 500 where source_id = $1 and currency = 'USD'`,
    [sourceId],
  );
  await db.query(
    `update movements set amount = amount + 500, moves = moves + 500 where source_id = $1 and leg = 'opening'`,
    [sourceId],
  );
  expect(await sync()).toBe('broken');
  await closeMovements(db, world.instanceId, sourceId);
  const { opened } = (await findOpening(db, world.connection))!;
  await reopenMovements(db, world.instanceId, sourceId, opened, 'anna');
  expect(await sync()).toBe('broken');
  await replace(ROLLED.key);
  await openMovements(db, await plan(), 'anna');
  expect(await sync()).toBe('proven');
  expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
});

test('nothing is planned until what it has booked was listed once', async () => {
  await begin();
  await replace(ROLLED.key);
  await db.query(`delete from watermarks where source_id = $1`, [
    (await currentSource(db, world.instanceId))!.sourceId,
  ]);
  await expect(plan()).rejects.toMatchObject({ code: 'PAY_INS_UNREAD' });
});

describe('another account that does not tell itself either', () => {
  let other: StripeStandIn;
  const settings = () => ({ ...SINCE, STRIPE_API_BASE: other.url });

  async function goThere(): Promise<void> {
    other = await startStripeStandIn({
      ...{ scenario: 'empty', seed: `other ${world.instanceId}`, account: 'acct_Other' },
      ...{ clock: world.clock, keys: [{ ...ROLLED, key: 'rk_test_other' }] },
    });
    await other.world.pay({ amount: 4_000, currency: 'usd', settle: { fee: 100 } });
    await replace('rk_test_other', settings());
  }
  afterEach(() => other.close());

  test('takes nothing over: all that the first has booked stays', async () => {
    await begin();
    const before = postings().length;
    const held = balanceOf(world, '@stripe')['USD']!;
    await goThere();
    const planned = await plan();
    expect(planned.openings.find(({ currency }) => currency === 'USD')).toMatchObject({
      ...{ held: 0n, earlier: -held, amount: held },
    });
    await openMovements(db, planned, 'anna');
    expect(await sync()).toBe('proven');
    expect(postings()).toHaveLength(before + 3);
  });

  test('brought its pay-ins while an opening balance was awaited, which does not count them', async () => {
    await start(SINCE);
    expect(await sync()).toBe('waiting');
    await goThere();
    await db.query('delete from balance_readings where instance_id = $1', [world.instanceId]);
    await world.configure({ ...SINCE, STRIPE_SECRET_KEY: FIRST.key });
    expect(await sync(true)).toBe('waiting');
    const planned = await plan();
    const usd = planned.openings.find(({ currency }) => currency === 'USD');
    expect(usd).toMatchObject({ earlier: 0n });
    await openMovements(db, planned, 'anna');
    expect(await sync()).toBe('explained');
    const { proof } = (await latestProof(db, world.instanceId))!;
    expect(proof.currencies.flatMap(({ items }) => items)).toMatchObject([
      { kind: 'left_account', amount: 4_000n },
    ]);
  });
});
