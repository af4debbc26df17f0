/** Keys of Blnk that are wrong, too narrow, or revoked in the middle of a run. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { describeSchedule, handleOf } from '../../src/temporal/schedules';
import { expectEqual } from '../support/books/expect-equal';
import { closeScheduled, startScheduled } from '../support/worlds/fault-harness';
import type { Harness } from '../support/worlds/harness';

describe('a key of Blnk', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startScheduled();
  });
  afterAll(() => closeScheduled(harness));

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
    for (let index = 0; index < 150; index += 1) await harness.stripe.world.pay();
    await harness.reconfigure({});
    harness.blnk.faults.add({
      skip: 100,
      fault: { kind: 'status', status: 401, json: { error: 'Invalid API key' } },
    });
    const failed = await harness.sync({ acceptSource: true });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'BLNK_KEY_REJECTED' } });
    const held = harness.booked().length;
    expect(failed.recordsPosted).toBe(held);
    expect(held).toBeGreaterThan(60);

    harness.blnk.faults.clear();
    await harness.reconfigure({ BLNK_API_KEY: SANDBOX_BLNK_KEY });
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 151 - held,
      recordsPosted: 151 - held,
    });
    expectEqual(harness);
  });
});
