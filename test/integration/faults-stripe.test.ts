/** Syncs while Stripe fails, briefly and for longer than we wait; and keys that are not what they were. */
import type { FaultRule } from '../../src/sandbox/faults';
import { SANDBOX_STRIPE_KEY } from '../../src/sandbox/stripe/keys';
import { currentSource } from '../../src/store/sources';
import { applySchedule, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { freePort } from '../../src/local/ports';
import { startHarness, type Harness } from '../support/harness';

// The first repeat comes after a second: one fault is within the patience, two are beyond it.
const options = {
  patience: { silenceMs: 800, neverAnsweredMs: 800 },
  limits: { timeoutMs: 400 },
};

const watermark = async (harness: Harness) =>
  (await currentSource(harness.db, harness.instanceId))?.watermark;

function expectEqual(harness: Harness): void {
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
}

describe('a Stripe that fails', () => {
  let brief: Harness;
  let long: Harness;

  beforeAll(async () => {
    [brief, long] = await Promise.all([startHarness(options), startHarness(options)]);
    await Promise.all([brief.sync(), long.sync()]);
  });
  afterAll(() => Promise.all([brief.close(), long.close()]));

  const limited = { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'slow' } };
  it.each<[what: string, fault: FaultRule['fault'], code: string, details: object]>([
    [
      '429 with its reason',
      {
        kind: 'status',
        status: 429,
        json: limited,
        headers: { 'Stripe-Rate-Limited-Reason': 'endpoint-rate' },
      },
      'STRIPE_RATE_LIMITED',
      { reason: 'endpoint-rate' },
    ],
    [
      '500',
      { kind: 'status', status: 500, json: { error: { type: 'api_error' } } },
      'STRIPE_UNAVAILABLE',
      { status: 500 },
    ],
    ['502 in HTML', { kind: 'html', status: 502 }, 'STRIPE_UNAVAILABLE', {}],
    ['an empty 200', { kind: 'empty' }, 'STRIPE_UNAVAILABLE', {}],
    ['half an answer', { kind: 'truncated' }, 'STRIPE_UNAVAILABLE', {}],
    ['a reset', { kind: 'reset' }, 'STRIPE_UNAVAILABLE', {}],
    ['silence', { kind: 'hang' }, 'STRIPE_UNAVAILABLE', {}],
  ])(
    'with %s: once, and the sync goes on; for long, and it fails and the next one completes',
    async (_what, fault, code, details) => {
      const both = await Promise.allSettled([
        failsBriefly(fault),
        failsForLong(fault, code, details),
      ]);
      for (const one of both) if (one.status === 'rejected') throw one.reason;
    },
  );

  async function failsBriefly(fault: FaultRule['fault']): Promise<void> {
    await brief.stripe.world.pay();
    const added = brief.stripe.faults.add({ path: '/v1/events', times: 1, fault });
    expect(await brief.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(added.fired()).toBe(1);
    brief.stripe.faults.clear();
    expectEqual(brief);
  }

  async function failsForLong(
    fault: FaultRule['fault'],
    code: string,
    errorDetails: object,
  ): Promise<void> {
    const before = await watermark(long);
    await long.stripe.world.pay();
    long.stripe.faults.add({ path: '/v1/events', fault });
    const failed = await long.sync();
    expect(failed).toMatchObject({ status: 'failed', error: { code }, row: { errorDetails } });
    expect(failed.completedAt).not.toBeNull();
    expect(await watermark(long)).toBe(before);

    long.stripe.faults.clear();
    expect(await long.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(await watermark(long)).toBeGreaterThanOrEqual(before!);
    expectEqual(long);
  }
});

describe('a listing', () => {
  it('goes on where it was when Stripe fails in the middle of it, and reads no page twice', async () => {
    const harness = await startHarness(options);
    try {
      for (let index = 0; index < 350; index += 1) await harness.stripe.world.pay();
      harness.stripe.faults.add({ path: '/v1/payment_intents', skip: 2, fault: { kind: 'reset' } });
      const failed = await harness.sync();
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'STRIPE_UNAVAILABLE' } });
      expect(await watermark(harness)).toBeNull();
      const held = harness.booked().length;
      expect(failed.recordsPosted).toBe(held);

      harness.stripe.faults.clear();
      harness.stripe.requests.clear();
      const next = await harness.sync();
      expect(next).toMatchObject({ status: 'completed', recordsFound: 350 - held });
      expect(next.recordsPosted).toBe(350 - held);
      // 350 rows are 4 pages, of which 2 were read; a page that was not sent may be read again.
      expect(harness.stripe.requests.list('/v1/payment_intents').length).toBeLessThanOrEqual(3);
      expectEqual(harness);
    } finally {
      await harness.close();
    }
  });

  it('starts its window again when Stripe forgets the cursor, and counts nothing twice', async () => {
    const harness = await startHarness(options);
    const dead = {
      error: { type: 'invalid_request_error', code: 'resource_missing', param: 'starting_after' },
    };
    const fault = { kind: 'status', status: 400, json: dead } as const;
    try {
      for (let index = 0; index < 250; index += 1) await harness.stripe.world.pay();
      harness.stripe.faults.add({ path: '/v1/payment_intents', skip: 2, times: 1, fault });
      expect(await harness.sync()).toMatchObject({
        status: 'completed',
        recordsFound: 250,
        recordsPosted: 250,
        recordsAlreadyPosted: 0,
      });
      expectEqual(harness);
    } finally {
      await harness.close();
    }
  });
});

describe('a key of Stripe', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness(options);
    await harness.stripe.world.pay();
    await applySchedule(harness.client, harness.instanceId, '0 0 1 1 *');
  });
  afterAll(async () => {
    await handleOf(harness.client, harness.instanceId).delete();
    await harness.close();
  });

  const unpause = () => handleOf(harness.client, harness.instanceId).unpause();

  it.each([
    ['rak_payment_intent_read', ['rak_event_read', 'rak_accounts_kyc_basic_read']],
    ['rak_event_read', ['rak_payment_intent_read', 'rak_accounts_kyc_basic_read']],
  ])('without %s fails naming it, and pauses the schedule', async (permission, permissions) => {
    const key = `rk_test_without_${permission}`;
    harness.stripe.addKey({ key, livemode: false, permissions });
    await harness.reconfigure({ STRIPE_SECRET_KEY: key });
    const sync = await harness.sync({ acceptSource: true });
    expect(sync).toMatchObject({
      status: 'failed',
      error: { code: 'STRIPE_PERMISSION_MISSING' },
      row: { errorDetails: { permission } },
    });
    expect(sync.error?.message).toContain(permission);
    const schedule = await describeSchedule(harness.client, harness.instanceId);
    expect(schedule?.note).toContain('STRIPE_PERMISSION_MISSING');
    expect(schedule?.pausedByUs).toBe(true);
    await unpause();
  });

  it('that may not read its account will do', async () => {
    const key = 'rk_test_narrow';
    const permissions = ['rak_payment_intent_read', 'rak_event_read'];
    harness.stripe.addKey({ key, livemode: false, permissions });
    await harness.reconfigure({ STRIPE_SECRET_KEY: key });
    const { world, clock } = harness.stripe;
    expect(await harness.sync({ acceptSource: true })).toMatchObject({ status: 'completed' });
    expectEqual(harness);
    // Neither does it need the right to read charges, unless SYNC_SINCE asks for their time.
    clock.advance(60);
    const { id } = await world.pay();
    const scope = { kind: 'payment', paymentIntentId: id } as const;
    expect(await harness.sync({ scope })).toMatchObject({ status: 'completed', recordsPosted: 1 });
  });

  it('that is wrong fails the sync and pauses the schedule, but no pause of a person', async () => {
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'sk_test_wrong' });
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      error: { code: 'STRIPE_KEY_REJECTED' },
    });
    const ours = await describeSchedule(harness.client, harness.instanceId);
    expect(ours).toMatchObject({ paused: true, pausedByUs: true });

    await unpause();
    await handleOf(harness.client, harness.instanceId).pause('Year-end closing');
    expect(await harness.sync()).toMatchObject({ status: 'failed' });
    const theirs = await describeSchedule(harness.client, harness.instanceId);
    expect(theirs).toMatchObject({ paused: true, pausedByUs: false, note: 'Year-end closing' });
  });

  it('that is revoked in the middle of a run ends it; what was posted stays counted', async () => {
    const key = 'sk_test_to_be_revoked';
    harness.stripe.addKey({ key, livemode: false });
    await harness.reconfigure({ STRIPE_SECRET_KEY: key });
    const { world } = harness.stripe;
    for (let index = 0; index < 350; index += 1) await world.pay();
    const before = harness.booked().length;
    harness.stripe.faults.add({
      path: '/v1/payment_intents',
      skip: 2,
      fault: { kind: 'status', status: 401, json: { error: { type: 'invalid_request_error' } } },
    });
    const failed = await harness.sync({ acceptSource: true });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'STRIPE_KEY_REJECTED' } });
    const posted = harness.booked().length - before;
    expect(failed.recordsPosted).toBe(posted);
    expect(posted).toBeGreaterThan(0);

    harness.stripe.faults.clear();
    await harness.reconfigure({ STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY });
    const next = await harness.sync();
    expect(next).toMatchObject({ status: 'completed', recordsPosted: 350 - posted });
    expectEqual(harness);
  });
});

it('a Stripe that cannot be reached fails the sync soon, with its row closed', async () => {
  const harness = await startHarness({
    ...options,
    settings: { STRIPE_API_BASE: `http://127.0.0.1:${await freePort(0)}` },
  });
  try {
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      recordsFound: 0,
      error: { code: 'STRIPE_UNAVAILABLE' },
    });
  } finally {
    await harness.close();
  }
});
