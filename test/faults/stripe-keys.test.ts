/** Keys of Stripe that are wrong, too narrow, or revoked in the middle of a run. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { describeSchedule, handleOf } from '../../src/temporal/schedules';
import { expectEqual } from '../support/books/expect-equal';
import { closeScheduled, startScheduled } from '../support/worlds/fault-harness';
import type { Harness } from '../support/worlds/harness';

describe('a key of Stripe', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startScheduled();
  });
  afterAll(() => closeScheduled(harness));

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
    for (let index = 0; index < 250; index += 1) await world.pay();
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
    expect(next).toMatchObject({ status: 'completed', recordsPosted: 250 - posted });
    expectEqual(harness);
  });
});
