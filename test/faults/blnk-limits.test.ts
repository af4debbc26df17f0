/** A ledger that limits the rate of requests is slower, and nothing more; one that was known stays known. */
import { startHarness } from '../support/worlds/harness';

describe.each(['core', 'cloud'])('a %s ledger', (kind) => {
  it.each([
    [3, 60],
    [10, 100],
    [25, 150],
  ])('with a limit of %i requests a second takes all of %i pay-ins', async (perSecond, count) => {
    const harness = await startHarness({
      settings: { BLNK_KIND: kind },
      blnk: { rateLimit: { requestsPerSecond: perSecond } },
    });
    try {
      for (let index = 0; index < count; index += 1) await harness.stripe.world.pay();
      expect(await harness.sync()).toMatchObject({
        status: 'completed',
        recordsFound: count,
        recordsPosted: count,
        recordsQuarantined: 0,
      });
      expect(harness.totals().blnk).toEqual(harness.totals().stripe);
    } finally {
      await harness.close();
    }
  });
});

describe('after a restart of the worker', () => {
  // A stranger would be given up after the first repeat.
  const patience = { neverAnsweredMs: 100, silenceMs: 20_000 };

  it('a ledger that was posted to is waited for, though it has not answered this process', async () => {
    const harness = await startHarness({ proxied: true, patience });
    try {
      await harness.stripe.world.pay();
      await harness.sync();
      await harness.stripe.world.pay();
      await harness.reconfigure({});
      let left = 4;
      harness.intercept(() => (left-- > 0 ? 'lose' : 'pass'));
      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
      expect(left).toBeLessThan(0);
    } finally {
      await harness.close();
    }
  });

  it('and so is Stripe', async () => {
    const harness = await startHarness({ patience });
    try {
      await harness.sync();
      await harness.stripe.world.pay();
      await harness.reconfigure({});
      const fault = harness.stripe.faults.add({ fault: { kind: 'reset' }, times: 4 });
      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
      expect(fault.fired()).toBe(4);
    } finally {
      await harness.close();
    }
  });

  it('one that has never taken anything is not: its address is most likely wrong', async () => {
    const harness = await startHarness({ proxied: true, patience });
    try {
      await harness.stripe.world.pay();
      harness.intercept(() => 'lose');
      expect(await harness.sync()).toMatchObject({ error: { code: 'BLNK_UNAVAILABLE' } });
    } finally {
      await harness.close();
    }
  });
});
