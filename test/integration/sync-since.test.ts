/** SYNC_SINCE: what was in the books before this program came is counted, and never booked again. */
import { currentSource } from '../../src/store/sources';
import { findPayIn } from '../../src/store/movements';
import { applySchedule, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { FORGET_WATERMARKS } from '../support/databases/forget-watermarks';
import { startHarness, type Harness } from '../support/worlds/harness';

const DAY = 24 * 60 * 60;
const LIVE_KEY = 'rk_live_sandbox';
const live = {
  settings: { STRIPE_SECRET_KEY: LIVE_KEY },
  stripe: { keys: [{ key: LIVE_KEY, livemode: true }] },
};

/** A second in the middle of the scenario, as the date that a person would write. */
function cutOver(): { since: number; text: string } {
  const text = new Date(Date.now() - 10 * DAY * 1000).toISOString().slice(0, 10);
  return { since: Date.parse(`${text}T00:00:00Z`) / 1000, text };
}

const references = (harness: Harness) =>
  harness
    .booked()
    .map(({ reference }) => reference)
    .sort();

describe('a live key', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness(live);
    await harness.stripe.world.pay();
  });
  afterAll(async () => {
    await handleOf(harness.client, harness.instanceId).delete();
    await harness.close();
  });

  it('without SYNC_SINCE posts nothing, and pauses the schedule with the reason', async () => {
    await applySchedule(harness.client, harness.instanceId, '0 0 1 1 *');
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      recordsFound: 0,
      error: { code: 'SYNC_SINCE_REQUIRED' },
    });
    expect(references(harness)).toEqual([]);
    const schedule = await describeSchedule(harness.client, harness.instanceId);
    expect(schedule).toMatchObject({ paused: true, pausedByUs: true, nextRun: null });
    expect(schedule?.note).toContain('SYNC_SINCE_REQUIRED. Set SYNC_SINCE to the first day');
  });

  it('with SYNC_SINCE=all posts the whole history', async () => {
    await harness.reconfigure({ ...live.settings, SYNC_SINCE: 'all' });
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(harness.booked()).toMatchObject([{ meta_data: { stripe_sync: { livemode: true } } }]);
  });

  it('cannot have SYNC_SINCE changed once something was posted', async () => {
    await harness.reconfigure({ ...live.settings, SYNC_SINCE: cutOver().text });
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      error: { code: 'INSTANCE_FROZEN' },
      row: { errorDetails: { setting: 'SYNC_SINCE' } },
    });
  });
});

describe('a cut-over date', () => {
  const { since, text } = cutOver();
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ settings: { SYNC_SINCE: text } });
  });
  afterAll(() => harness.close());

  it('divides by the time of success: before it counted, from it on posted', async () => {
    const { world } = harness.stripe;
    const before = [
      await world.pay({ amount: 10, createdAt: since - 40 * DAY }),
      await world.pay({ amount: 20, createdAt: since - 1, succeededAt: since - 1 }),
    ];
    const after = [
      await world.pay({ amount: 1_000, createdAt: since - 60 * DAY, succeededAt: since + DAY }),
      await world.pay({ amount: 2_000, createdAt: since - 1, succeededAt: since }),
      await world.pay({ amount: 3_000, createdAt: since }),
      await world.pay({ amount: 4_000, createdAt: since + 5 * DAY }),
    ];
    const sync = await harness.sync();
    expect(sync).toMatchObject({
      status: 'completed',
      recordsFound: 6,
      recordsPosted: 4,
      recordsBeforeSince: 2,
      amounts: {
        USD: {
          found: '10030',
          posted: '10000',
          alreadyPosted: '0',
          quarantined: '0',
          beforeSince: '30',
        },
      },
    });
    expect(references(harness)).toEqual(after.map(({ id }) => id).sort());
    for (const { id } of before) {
      expect(await findPayIn(harness.db, harness.instanceId, id)).toMatchObject({
        state: 'before_since',
      });
    }
  });

  it('reads charges of the 45 days before that date, and PaymentIntents from it on', () => {
    const windows = ['/v1/charges', '/v1/payment_intents'].map((path) =>
      harness.stripe.requests.list(path).map(({ query }) => {
        const asked = new URLSearchParams(query);
        const [from, to] = [asked.get('created[gte]'), asked.get('created[lte]')].map(Number);
        return { from, to, expand: asked.get('expand[0]') };
      }),
    );
    expect(windows).toEqual([
      [{ from: since - 45 * DAY, to: since - 1, expand: 'data.payment_intent' }],
      [{ from: since, to: expect.any(Number) as number, expand: null }],
    ]);
  });

  it('is not asked again of a payment created before it that succeeds only now', async () => {
    const { world } = harness.stripe;
    const open = await world.create({ amount: 500, createdAt: since - 30 * DAY });
    await world.succeed(open.id);
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 1,
      recordsPosted: 1,
    });
    expect(references(harness)).toContain(open.id);
  });

  it('holds for a range and a single payment as well', async () => {
    const { world, clock } = harness.stripe;
    const old = await world.pay({ createdAt: since - 20 * DAY });
    const held = references(harness);
    const range = { kind: 'range', from: since - 21 * DAY, to: clock.nowSeconds() } as const;
    expect(await harness.sync({ scope: range })).toMatchObject({
      status: 'completed',
      recordsPosted: 0,
      recordsBeforeSince: 2,
    });
    const scope = { kind: 'payment', paymentIntentId: old.id } as const;
    expect(await harness.sync({ scope })).toMatchObject({ recordsBeforeSince: 1 });
    expect(references(harness)).toEqual(held);
  });

  it('holds when everything is listed again', async () => {
    const held = references(harness);
    await harness.db.query(FORGET_WATERMARKS, [harness.instanceId]);
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsPosted: 0,
      recordsAlreadyPosted: held.length,
      recordsBeforeSince: 3,
    });
    expect(references(harness)).toEqual(held);
    const source = await currentSource(harness.db, harness.instanceId);
    expect(source?.watermark).toBeGreaterThan(since);
  });
});

describe('payments that were on their way at the cut-over', () => {
  const { since, text } = cutOver();

  it('are dated by their event, not by their charge, as far back as there are events', async () => {
    const harness = await startHarness({ settings: { SYNC_SINCE: text } });
    try {
      const { world } = harness.stripe;
      const begun = { createdAt: since - 3 * DAY, chargeCreatedAt: since - 3 * DAY };
      const debit = { ...begun, paymentMethodType: 'sepa_debit' };
      const manual = { ...begun, captureMethod: 'manual' } as const;
      const after = [
        await world.pay({ ...debit, amount: 100, succeededAt: since + DAY }),
        await world.pay({ ...manual, amount: 200, succeededAt: since }),
      ];
      await world.pay({ ...debit, amount: 10, succeededAt: since - 1 });
      await world.pay({ ...manual, amount: 20, succeededAt: since - DAY });
      expect(await harness.sync()).toMatchObject({
        status: 'completed',
        recordsFound: 4,
        recordsPosted: 2,
        recordsBeforeSince: 2,
        amounts: { USD: { found: '330', posted: '300', beforeSince: '30', quarantined: '0' } },
      });
      expect(references(harness)).toEqual(after.map(({ id }) => id).sort());
      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    } finally {
      await harness.close();
    }
  });

  it('wait for a person where events do not reach back to it', async () => {
    const old = new Date(Date.now() - 60 * DAY * 1000).toISOString().slice(0, 10);
    const cut = Date.parse(`${old}T00:00:00Z`) / 1000;
    const harness = await startHarness({ settings: { SYNC_SINCE: old } });
    try {
      const { world } = harness.stripe;
      const debit = (daysBefore: number, amount: number) => {
        const at = cut - daysBefore * DAY;
        const begun = { createdAt: at, chargeCreatedAt: at, succeededAt: cut + DAY };
        return world.pay({ ...begun, amount, paymentMethodType: 'sepa_debit' });
      };
      const unclear = await debit(3, 1);
      // No debit takes that long, so it is not read.
      await debit(50, 2);
      const card = await world.pay({ amount: 4, createdAt: cut - DAY, succeededAt: cut + 1 });
      expect(await harness.sync()).toMatchObject({
        status: 'completed_with_problems',
        recordsFound: 2,
        recordsPosted: 1,
        recordsBeforeSince: 0,
        reasons: { SUCCESS_TIME_UNKNOWN: 1 },
      });
      expect(references(harness)).toEqual([card.id]);
      expect(await findPayIn(harness.db, harness.instanceId, unclear.id)).toMatchObject({
        reason: 'SUCCESS_TIME_UNKNOWN',
        retryAt: null,
      });
    } finally {
      await harness.close();
    }
  });
});
