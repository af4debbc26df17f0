/** Syncs while Blnk fails, briefly and for longer than we wait; keys that are wrong or too narrow. */
import { freePort } from '../../src/local/ports';
import type { FaultRule } from '../../src/sandbox/faults';
import { SANDBOX_BLNK_KEY } from '../../src/sandbox/blnk/keys';
import { currentSource } from '../../src/store/sources';
import { applySchedule, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { startHarness, type Harness } from '../support/harness';

// The first repeat of an activity comes after a second: one fault is within the patience, two beyond.
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

describe('a Blnk that fails', () => {
  let brief: Harness;
  let long: Harness;

  beforeAll(async () => {
    [brief, long] = await Promise.all([startHarness(options), startHarness(options)]);
    await Promise.all([brief.sync(), long.sync()]);
  });
  afterAll(() => Promise.all([brief.close(), long.close()]));

  it.each<[what: string, fault: FaultRule['fault'], code: string]>([
    [
      '429',
      { kind: 'status', status: 429, json: { error_detail: { code: 'GEN_RATE_LIMITED' } } },
      'BLNK_RATE_LIMITED',
    ],
    [
      '500',
      { kind: 'status', status: 500, json: { error_detail: { code: 'GEN_INTERNAL' } } },
      'BLNK_UNAVAILABLE',
    ],
    ['502 in HTML', { kind: 'html', status: 502 }, 'BLNK_UNAVAILABLE'],
    ['an empty 200', { kind: 'empty' }, 'BLNK_BAD_ANSWER'],
    ['half an answer', { kind: 'truncated' }, 'BLNK_UNAVAILABLE'],
    ['a reset', { kind: 'reset' }, 'BLNK_UNAVAILABLE'],
    ['silence', { kind: 'hang' }, 'BLNK_UNAVAILABLE'],
  ])(
    'with %s: once, and the sync goes on; for long, and it fails and the next one completes',
    async (_what, fault, code) => {
      const both = await Promise.allSettled([failsBriefly(fault), failsForLong(fault, code)]);
      for (const one of both) if (one.status === 'rejected') throw one.reason;
    },
  );

  /** Once in each kind of request: both look-ups, and the posting before and after it is booked. */
  async function failsBriefly(fault: FaultRule['fault']): Promise<void> {
    const rules: Partial<FaultRule>[] = [{ skip: 1 }, { skip: 2 }, { skip: 2, when: 'after' }];
    for (const rule of rules) {
      await brief.stripe.world.pay();
      const added = brief.blnk.faults.add({ times: 1, fault, ...rule });
      expect(await brief.sync()).toMatchObject({
        status: 'completed',
        recordsFound: 1,
        recordsPosted: 1,
        recordsAlreadyPosted: 0,
      });
      expect(added.fired()).toBe(1);
      brief.blnk.faults.clear();
      expectEqual(brief);
    }
  }

  async function failsForLong(fault: FaultRule['fault'], code: string): Promise<void> {
    const before = await watermark(long);
    await long.stripe.world.pay();
    long.blnk.faults.add({ fault });
    const failed = await long.sync();
    expect(failed).toMatchObject({ status: 'failed', error: { code }, recordsPosted: 0 });
    expect(failed.completedAt).not.toBeNull();
    expect(await watermark(long)).toBe(before);

    long.blnk.faults.clear();
    expect(await long.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expectEqual(long);
  }
});

it('a Blnk that cannot be reached fails the sync soon, with its row closed and nothing read', async () => {
  const harness = await startHarness({
    ...options,
    settings: { BLNK_URL: `http://127.0.0.1:${await freePort(0)}` },
  });
  try {
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      recordsFound: 0,
      error: { code: 'BLNK_UNAVAILABLE' },
      row: { errorDetails: { cause: 'ECONNREFUSED' } },
    });
    expect(harness.stripe.requests.list('/v1/payment_intents')).toEqual([]);
  } finally {
    await harness.close();
  }
});

describe('a key of Blnk', () => {
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

  const all = ['data:read', 'data:write'] as const;
  it.each<[what: string, settings: Record<string, string>, code: string, details: object]>([
    ['that is wrong', { BLNK_API_KEY: 'wrong' }, 'BLNK_KEY_REJECTED', { status: 401 }],
    [
      'of a Core that may only read',
      { BLNK_API_KEY: 'reader' },
      'BLNK_PERMISSION_MISSING',
      { right: 'transactions:write' },
    ],
    [
      'of Cloud that is wrong',
      { BLNK_KIND: 'cloud', BLNK_API_KEY: 'wrong' },
      'BLNK_KEY_REJECTED',
      { status: 401 },
    ],
    [
      'of another instance of Cloud',
      { BLNK_KIND: 'cloud', BLNK_API_KEY: 'stranger' },
      'BLNK_PERMISSION_MISSING',
      { right: 'data:read' },
    ],
    [
      'of Cloud that may not read',
      { BLNK_KIND: 'cloud', BLNK_API_KEY: 'writer' },
      'BLNK_PERMISSION_MISSING',
      { right: 'data:read' },
    ],
    [
      'of Cloud that may not write',
      { BLNK_KIND: 'cloud', BLNK_API_KEY: 'reader' },
      'BLNK_PERMISSION_MISSING',
      { right: 'data:write' },
    ],
  ])(
    '%s fails the sync with the reason, and pauses the schedule',
    async (...[, settings, code, details]) => {
      const { core, cloud } = harness.blnk.keys;
      const { instanceId } = harness;
      core.set('reader', { id: 'api_key_1', scopes: ['transactions:read'] });
      cloud.set('stranger', { instanceId: 'inst_other', permissions: all });
      cloud.set('writer', { instanceId, permissions: ['data:write'] });
      cloud.set('reader', { instanceId, permissions: ['data:read'] });
      await harness.reconfigure(settings);
      expect(await harness.sync({ acceptSource: true })).toMatchObject({
        status: 'failed',
        recordsPosted: 0,
        error: { code },
        row: { errorDetails: details },
      });
      const schedule = await describeSchedule(harness.client, instanceId);
      expect(schedule).toMatchObject({ paused: true, pausedByUs: true });
      expect(schedule?.note).toContain(code);
      await handleOf(harness.client, instanceId).unpause();
      expect(harness.booked()).toEqual([]);
    },
  );

  it('that is revoked in the middle of a run ends it; what was posted stays counted', async () => {
    for (let index = 0; index < 250; index += 1) await harness.stripe.world.pay();
    await harness.reconfigure({});
    harness.blnk.faults.add({
      skip: 150,
      fault: { kind: 'status', status: 401, json: { error: 'Invalid API key' } },
    });
    const failed = await harness.sync({ acceptSource: true });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'BLNK_KEY_REJECTED' } });
    const held = harness.booked().length;
    expect(failed.recordsPosted).toBe(held);
    expect(held).toBeGreaterThan(100);

    harness.blnk.faults.clear();
    await harness.reconfigure({ BLNK_API_KEY: SANDBOX_BLNK_KEY });
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 251 - held,
      recordsPosted: 251 - held,
    });
    expectEqual(harness);
  });
});
