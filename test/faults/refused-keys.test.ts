/** Keys that are valid and yet refused for a while, and pauses of ours that end by themselves. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { alertOnce } from '../../src/alerts/loop';
import type { AlertDeps } from '../../src/alerts/deps';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { liftOurPause, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { expectEqual } from '../support/books/expect-equal';
import { closeScheduled, givingUpSoon, startScheduled } from '../support/worlds/fault-harness';
import type { Harness } from '../support/worlds/harness';

const answer = (json: object) => ({ kind: 'status' as const, status: 401, json });
const unauthorised = answer({ error_detail: { code: 'AUTH_INVALID_API_KEY' } });
let harness: Harness;

beforeEach(async () => {
  harness = await startScheduled();
  // Both keys have worked.
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
});
afterEach(() => closeScheduled(harness));

const schedule = () => describeSchedule(harness.client, harness.instanceId);

async function deps(): Promise<AlertDeps> {
  const { instanceId, db, client } = harness;
  const { config } = await harness.deps.connect(instanceId);
  return {
    db,
    served: { instance: config, connected: undefined },
    keyring: undefined,
    temporal: () => Promise.resolve(client),
    webhook: undefined,
    log: pino({ level: 'silent' }),
    limits: { confirmAfterMs: 10, timeoutMs: 2_000 },
  };
}

/** Everything that is due, with the time until the next try gone by. */
async function round(): Promise<void> {
  const { db, instanceId } = harness;
  const all = await deps();
  while ((await alertOnce(all, instanceId)) > 0);
  await db.query(
    'update instances set probe_at = now() where instance_id = $1 and probe_at is not null',
    [instanceId],
  );
  while ((await alertOnce(all, instanceId)) > 0);
}

/** Seconds until the next try. */
async function nextTry(): Promise<number | null> {
  const [row] = await harness.db.query<{ seconds: number | null }>(
    `select extract(epoch from probe_at - now())::float8 as seconds from instances
     where instance_id = $1`,
    [harness.instanceId],
  );
  return row?.seconds ?? null;
}

describe.each([
  ['Stripe', () => harness.stripe.faults, answer({ error: { type: 'invalid_request_error' } })],
  ['Blnk', () => harness.blnk.faults, unauthorised],
] as const)('a key that %s refuses for seconds', (_name, faultsOf, fault) => {
  it('ends no sync and pauses no schedule', async () => {
    await harness.stripe.world.pay();
    const faults = faultsOf();
    const refused = faults.add({ fault });
    const run = await harness.start();
    // Refused, confirmed, and tried again.
    while (refused.fired() < 3) await sleep(10);
    faults.clear();
    expect(await harness.reportOf(run)).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(await schedule()).toMatchObject({ paused: false });
    expectEqual(harness);
  });
});

it('a Core that refuses the key while its database is away is called unavailable, and pauses nothing', async () => {
  const { faults } = harness.blnk;
  const down = { kind: 'status' as const, status: 503, json: { status: 'DOWN' } };
  faults.add({ path: '/transactions', fault: unauthorised });
  faults.add({ path: '/health', fault: down });
  expect(await givingUpSoon(harness, () => harness.sync())).toMatchObject({
    status: 'failed',
    error: { code: 'BLNK_UNAVAILABLE' },
  });
  expect(await schedule()).toMatchObject({ paused: false });
  faults.clear();
  expect(await harness.sync()).toMatchObject({ status: 'completed' });
});

it('a refusal that lasts pauses, and the pause is lifted by itself once the key is let in again', async () => {
  const refused = harness.blnk.faults.add({ path: '/transactions', fault: unauthorised });
  expect(await harness.sync()).toMatchObject({
    status: 'failed',
    error: { code: 'BLNK_KEY_REJECTED' },
  });
  expect(await schedule()).toMatchObject({ paused: true, pausedByUs: true });

  // First after a minute, then less and less often.
  while ((await alertOnce(await deps(), harness.instanceId)) > 0);
  expect(await nextTry()).toBeGreaterThan(50);
  expect(await nextTry()).toBeLessThanOrEqual(60);
  await round();
  expect(await schedule()).toMatchObject({ paused: true, pausedByUs: true });
  expect(await nextTry()).toBeGreaterThan(110);
  for (let times = 0; times < 7; times += 1) await round();
  expect(await nextTry()).toBeGreaterThan(3_500);
  expect(await nextTry()).toBeLessThanOrEqual(3_600);

  refused.remove();
  const before = await handleOf(harness.client, harness.instanceId).describe();
  await round();
  expect(await schedule()).toMatchObject({ paused: false, cron: '0 0 1 1 *' });
  const { spec, policies } = await handleOf(harness.client, harness.instanceId).describe();
  expect({ spec, policies }).toEqual({ spec: before.spec, policies: before.policies });
  expect(await nextTry()).toBeNull();
  // A completed sync begins the waits anew.
  expect(await harness.sync()).toMatchObject({ status: 'completed' });
  const [row] = await harness.db.query('select probes from instances where instance_id = $1', [
    harness.instanceId,
  ]);
  expect(row).toEqual({ probes: 0 });
});

describe('a pause that a person has set', () => {
  it('is never lifted, also when it follows one of ours', async () => {
    harness.blnk.faults.add({ path: '/transactions', fault: unauthorised });
    await harness.sync();
    await round();
    harness.blnk.faults.clear();
    await handleOf(harness.client, harness.instanceId).pause('Year-end closing');
    await round();
    expect(await liftOurPause(harness.client, harness.instanceId)).toBeUndefined();
    expect(await schedule()).toMatchObject({ paused: true, note: 'Year-end closing' });
  });

  it('holds against a lifting that has begun before', async () => {
    await harness.reconfigure({ BLNK_API_KEY: 'wrong' });
    await harness.sync();
    const { client, instanceId } = harness;
    const handle = handleOf(client, instanceId);
    // What is read of the schedule is of the moment before the person has paused it.
    const seen = await handle.describe();
    expect(seen.state).toMatchObject({ paused: true });
    await handle.pause('Year-end closing');
    const describe = jest.fn(() => handle.describe()).mockResolvedValueOnce(seen);
    const late = Object.create(client, {
      schedule: { value: { getHandle: () => ({ describe }) } },
    }) as Client;
    expect(await liftOurPause(late, instanceId)).toBeUndefined();
    expect(await schedule()).toMatchObject({ paused: true, note: 'Year-end closing' });
    await harness.reconfigure({ BLNK_API_KEY: SANDBOX_BLNK_KEY });
  });
});
