/** Whose money and which ledger: a watermark holds for one Stripe account, one mode and one ledger. */
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { applySchedule, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { startHarness, type Booked, type Harness } from '../support/worlds/harness';
import { makeDue } from '../support/worlds/make-due';

const references = (harness: Harness) =>
  harness
    .booked()
    .map(({ reference }) => reference)
    .sort();

describe('an instance that has been synced', () => {
  let harness: Harness;
  let other: StripeStandIn;
  let elsewhere: BlnkStandIn;

  beforeAll(async () => {
    harness = await startHarness();
    for (let index = 0; index < 30; index += 1) await harness.stripe.world.pay();
    await harness.sync();
    other = await startStripeStandIn({
      scenario: 'empty',
      seed: `${harness.instanceId}-other`,
      account: 'acct_1Other',
      keys: [
        { key: 'sk_test_other', livemode: false },
        { key: 'sk_live_other', livemode: true },
      ],
    });
    elsewhere = await startBlnkStandIn();
    await applySchedule(harness.client, harness.instanceId, '0 0 1 1 *');
  });
  afterAll(async () => {
    await handleOf(harness.client, harness.instanceId).delete();
    await Promise.all([harness.close(), other.close(), elsewhere.close()]);
  });

  it.each<[what: string, settings: () => Record<string, string>]>([
    ['account', () => ({ STRIPE_SECRET_KEY: 'sk_test_other', STRIPE_API_BASE: other.url })],
    [
      'mode',
      () => ({
        STRIPE_SECRET_KEY: 'sk_live_other',
        STRIPE_API_BASE: other.url,
        SYNC_SINCE: 'all',
      }),
    ],
    ['ledger', () => ({ BLNK_URL: elsewhere.url })],
  ])('is not synced with another %s until the owner confirms it', async (changed, settings) => {
    const payment = await other.world.pay();
    await harness.reconfigure(settings());
    const held = references(harness);
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      recordsFound: 0,
      error: { code: 'SOURCE_CHANGED' },
      row: { errorDetails: { changed } },
    });
    expect(references(harness)).toEqual(held);
    expect(held).not.toContain(payment.id);
    expect(elsewhere.ledger.rows).toHaveLength(0);
    const schedule = await describeSchedule(harness.client, harness.instanceId);
    expect(schedule?.note).toContain('SOURCE_CHANGED');
    await handleOf(harness.client, harness.instanceId).unpause();
  });

  it('goes on where it was once the old key and ledger are back', async () => {
    await harness.reconfigure({});
    harness.stripe.requests.clear();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    expect(harness.stripe.requests.list().map(({ path }) => path)).toEqual(['/v1/events']);
  });

  it('takes a rolled key of the same account without a listing', async () => {
    harness.stripe.addKey({ key: 'rk_test_rolled', livemode: false });
    await harness.stripe.revokeKey('sk_test_sandbox');
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'rk_test_rolled' });
    const { id } = await harness.stripe.world.pay();
    harness.stripe.requests.clear();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    const paths = harness.stripe.requests.list().map(({ path }) => path);
    expect(paths).toEqual(['/v1/account', '/v1/events']);
    expect(references(harness)).toContain(id);

    harness.stripe.requests.clear();
    await harness.sync();
    expect(harness.stripe.requests.list().map(({ path }) => path)).toEqual(['/v1/events']);
  });

  it.each([
    ['BLNK_SOURCE_BALANCE', '@psp'],
    ['BLNK_GUEST_BALANCE', '@walk-in'],
    ['SYNC_SINCE', '2020-01-01'],
  ])('refuses another %s, which would split balances or book twice', async (setting, value) => {
    await harness.reconfigure({
      STRIPE_SECRET_KEY: 'rk_test_rolled',
      [setting]: value,
    });
    await harness.stripe.world.pay();
    const held = references(harness);
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      error: { code: 'INSTANCE_FROZEN' },
      row: { errorDetails: { setting } },
    });
    expect(references(harness)).toEqual(held);
    const schedule = await describeSchedule(harness.client, harness.instanceId);
    expect(schedule?.note).toContain('INSTANCE_FROZEN');
    await handleOf(harness.client, harness.instanceId).unpause();
  });

  it('lists everything again when another address of the ledger is confirmed, and books nothing twice', async () => {
    const url = harness.blnk.url.replace('127.0.0.1', 'localhost');
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'rk_test_rolled' });
    await harness.sync();
    const held = references(harness);
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'rk_test_rolled', BLNK_URL: url });
    expect(await harness.sync({ acceptSource: true })).toMatchObject({
      status: 'completed',
      recordsFound: held.length,
      recordsPosted: 0,
      recordsAlreadyPosted: held.length,
      row: { notes: [] },
    });
    expect(references(harness)).toEqual(held);

    // What the first posting has fixed stays fixed: it is the same account's money.
    await harness.reconfigure({
      STRIPE_SECRET_KEY: 'rk_test_rolled',
      BLNK_URL: url,
      BLNK_SOURCE_BALANCE: '@psp',
    });
    expect(await harness.sync()).toMatchObject({ error: { code: 'INSTANCE_FROZEN' } });
  });
});

describe('pay-ins that another account has left', () => {
  it('are not booked after the owner has turned to the right account', async () => {
    const harness = await startHarness({ proxied: true, patience: { silenceMs: 300 } });
    const right = await startStripeStandIn({
      scenario: 'empty',
      seed: `${harness.instanceId}-right`,
      account: 'acct_1Right',
      keys: [{ key: 'sk_test_right', livemode: false }],
    });
    try {
      // Of the wrong account one pay-in was set aside, and others were read but never sent.
      const sick = await harness.stripe.world.pay();
      await harness.stripe.world.pay();
      const failing = { status: 500, json: {} };
      harness.intercept(({ path, body }) =>
        path === '/transactions' && body.includes(sick.id) ? failing : 'pass',
      );
      expect(await harness.sync()).toMatchObject({ recordsPosted: 1, recordsQuarantined: 1 });
      await Promise.all([harness.stripe.world.pay(), harness.stripe.world.pay()]);
      harness.intercept(({ path }) => (path === '/transactions' ? failing : 'pass'));
      expect(await harness.sync()).toMatchObject({ status: 'failed' });
      harness.intercept();
      expect(await makeDue(harness.db, harness.instanceId)).toBe(1);
      const held = references(harness);

      const { id } = await right.world.pay();
      const settings = { STRIPE_SECRET_KEY: 'sk_test_right', STRIPE_API_BASE: right.url };
      await harness.reconfigure(settings);
      expect(await harness.sync({ acceptSource: true })).toMatchObject({
        status: 'completed',
        recordsFound: 1,
        recordsPosted: 1,
      });
      expect(references(harness)).toEqual([...held, id].sort());
      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });

      // Back at the first account they are found again.
      await harness.reconfigure({});
      expect(await harness.sync({ acceptSource: true })).toMatchObject({
        status: 'completed',
        recordsPosted: 3,
        recordsAlreadyPosted: 1,
      });
    } finally {
      await Promise.all([harness.close(), right.close()]);
    }
  });
});

describe('a ledger that has lost what was posted', () => {
  let harness: Harness;
  let restored: BlnkStandIn | undefined;

  beforeAll(async () => {
    harness = await startHarness();
    for (let index = 0; index < 20; index += 1) await harness.stripe.world.pay();
    await harness.sync();
  });
  afterAll(() => Promise.all([harness.close(), restored?.close()]));

  /** A ledger at the same address that holds only these transactions. */
  async function restore(backup: readonly Booked[]): Promise<BlnkStandIn> {
    const { port } = restored ?? harness.blnk;
    await (restored ?? harness.blnk).close();
    restored = await startBlnkStandIn({ port });
    for (const { from, to, ...row } of backup) {
      const { reference, precise_amount, precision, currency, description, meta_data } = row;
      const response = await fetch(`${restored.url}/transactions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
        body: JSON.stringify({
          ...{ reference, precise_amount, precision, currency, description, meta_data },
          ...{ source: from, destination: to, allow_overdraft: true, skip_queue: true },
        }),
      });
      expect(response.status).toBe(201);
    }
    return restored;
  }

  const all = () => ({ status: 'completed', row: { notes: ['LEDGER_REWOUND'] } });

  it('is filled again, and the run says so', async () => {
    const empty = await restore([]);
    expect(await harness.sync()).toMatchObject({ ...all(), recordsFound: 20, recordsPosted: 20 });
    expect(empty.ledger.totals()).toMatchObject({ transactions: 20 });
    expect(await harness.sync()).toMatchObject({ recordsFound: 0, row: { notes: [] } });
  });

  it('is noticed even if only the last two postings are gone, as after a restore of last night', async () => {
    const booked = harness.booked();
    const newest = [await harness.stripe.world.pay(), await harness.stripe.world.pay()];
    expect(await harness.sync()).toMatchObject({ recordsPosted: 2 });
    const backup = await restore(booked);
    expect(backup.ledger.totals()).toMatchObject({ transactions: 20 });
    expect(await harness.sync()).toMatchObject({
      ...all(),
      recordsFound: 22,
      recordsPosted: 2,
      recordsAlreadyPosted: 20,
    });
    for (const { id } of newest) expect(backup.ledger.byReference(id)).not.toBeNull();
  });
});
