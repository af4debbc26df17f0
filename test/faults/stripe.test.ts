/** Syncs while Stripe fails, briefly and for longer than we wait. */
import type { FaultRule } from '../../sandbox/faults';
import { freePort } from '../../src/local/process/ports';
import { expectEqual } from '../support/books/expect-equal';
import { givingUpSoon, IMPATIENT, startPair, watermarkOf } from '../support/worlds/fault-harness';
import { startHarness, type Harness } from '../support/worlds/harness';

describe('a Stripe that fails', () => {
  let brief: Harness;
  let long: Harness;

  beforeAll(async () => {
    [brief, long] = await startPair();
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
    const before = await watermarkOf(long);
    await long.stripe.world.pay();
    long.stripe.faults.add({ path: '/v1/events', fault });
    const failed = await givingUpSoon(long, () => long.sync());
    expect(failed).toMatchObject({ status: 'failed', error: { code }, row: { errorDetails } });
    expect(failed.completedAt).not.toBeNull();
    expect(await watermarkOf(long)).toBe(before);

    long.stripe.faults.clear();
    expect(await long.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(await watermarkOf(long)).toBeGreaterThanOrEqual(before!);
    expectEqual(long);
  }
});

describe('a listing', () => {
  it('goes on where it was when Stripe fails in the middle of it, and reads no page twice', async () => {
    const harness = await startHarness();
    try {
      for (let index = 0; index < 250; index += 1) await harness.stripe.world.pay();
      harness.stripe.faults.add({ path: '/v1/payment_intents', skip: 2, fault: { kind: 'reset' } });
      const failed = await givingUpSoon(harness, () => harness.sync());
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'STRIPE_UNAVAILABLE' } });
      expect(await watermarkOf(harness)).toBeNull();
      const held = harness.booked().length;
      expect(failed.recordsPosted).toBe(held);

      harness.stripe.faults.clear();
      const queries = () =>
        harness.stripe.requests
          .list('/v1/payment_intents')
          .filter(({ status }) => status === 200)
          .map(({ query }) => query);
      const readBefore = new Set(queries());
      harness.stripe.requests.clear();
      const next = await harness.sync();
      expect(next).toMatchObject({ status: 'completed', recordsFound: 250 - held });
      expect(next.recordsPosted).toBe(250 - held);
      // Only what was read and not sent is read again: at most the two pages of the failed sync.
      const read = queries();
      expect(new Set(read).size).toBe(read.length);
      expect(read.filter((query) => readBefore.has(query)).length).toBeLessThanOrEqual(2);
      expectEqual(harness);
    } finally {
      await harness.close();
    }
  });

  it('starts its window again when Stripe forgets the cursor, and counts nothing twice', async () => {
    const harness = await startHarness();
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

it('a Stripe that cannot be reached fails the sync soon, with its row closed', async () => {
  const harness = await startHarness({
    ...IMPATIENT,
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
