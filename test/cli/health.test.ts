/** One truth about health: what `check` finds well is what the worker works with. */
import { applySchedule, describeSchedule, pauseForCode } from '../../src/temporal/schedules';
import { startAdhocSync } from '../../src/temporal/syncs';
import { countWorkers } from '../../src/checks/temporal-worker';
import { until } from '../support/processes/local-support';
import { startCli } from '../support/processes/cli-process';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

const ID = 'health';
const NEW_KEY = 'rk_test_rolled';
let world: CliWorld;
let worker: { stop: () => Promise<void> } | undefined;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'default', instanceId: ID });
  world.stripe.addKey({ key: NEW_KEY, livemode: false });
  worker = await startWorker(world.client, world.db, world.settings);
  await applySchedule(world.client, ID, '0 0 1 1 *');
});
afterAll(async () => {
  await worker?.stop();
  await world.close();
});

interface Checked {
  readonly ok: boolean;
  readonly liftedPause: string | null;
  readonly results: readonly { name: string; ok: boolean; code?: string; detail: string }[];
}

const check = async (settings: Readonly<Record<string, string>> = {}) => {
  const all = { ...world.settings, ...settings };
  const ended = await startCli(world.folder.path, ['check', '--json'], all).ended;
  const data = JSON.parse(ended.stdout) as Checked;
  return { ...ended, data, failed: data.results.filter(({ ok }) => !ok) };
};
const isPaused = async () => (await describeSchedule(world.client, ID))?.paused;
const roll = { STRIPE_SECRET_KEY: NEW_KEY };

test('a worker that still has the key of before fails the check, and no pause is lifted', async () => {
  expect(await check()).toMatchObject({ code: 0, data: { ok: true } });
  await pauseForCode(world.client, ID, 'STRIPE_KEY_REJECTED');
  const { code, data, failed, stdout } = await check(roll);
  expect({ code, lifted: data.liftedPause }).toEqual({ code: 1, lifted: null });
  expect(failed).toMatchObject([
    { name: 'worker', code: 'WORKER_OUTDATED', next: expect.stringContaining('Restart') as string },
  ]);
  expect(failed[0]?.detail).toContain('STRIPE_SECRET_KEY');
  expect(failed[0]?.detail).not.toContain('BLNK_API_KEY');
  expect(stdout).not.toContain(NEW_KEY);
  const applied = await startCli(world.folder.path, ['schedules', 'apply'], {
    ...world.settings,
    ...roll,
  }).ended;
  expect(applied.stdout).toContain('It stays paused: A worker was started with other settings');
  expect(await isPaused()).toBe(true);
});

test('marks of settings are no digests that a key could be found from by trying', async () => {
  const [row] = await world.db.query<{ settings: Record<string, string> }>(
    'select settings from workers order by started_at desc limit 1',
  );
  expect(Object.keys(row?.settings ?? {})).toContain('STRIPE_SECRET_KEY');
  expect(JSON.stringify(row)).not.toContain(world.settings['STRIPE_SECRET_KEY']);
  await worker?.stop();
  worker = await startWorker(world.client, world.db, world.settings);
  const rows = await world.db.query<{ mark: string }>(
    `select distinct settings ->> 'STRIPE_SECRET_KEY' as mark from workers`,
  );
  // Of another worker the same key has another mark.
  expect(rows.length).toBeGreaterThan(1);
});

test('a worker that has ended is not counted, although Temporal still lists it', async () => {
  await worker?.stop();
  worker = undefined;
  const { failed } = await check();
  expect(failed).toMatchObject([{ name: 'worker', code: 'WORKER_MISSING' }]);
});

test('nor is one that was killed, once it gives no sign of life', async () => {
  worker = await startWorker(world.client, world.db, world.settings);
  const living = () => countWorkers(world.client, world.db);
  await until(async () => (await living()) === 1);
  await until(async () => {
    await world.db.query(`update workers set seen_at = now() - interval '1 minute'`);
    return (await living()) === 0;
  });
  // This one signs again.
  await until(async () => (await living()) === 1);
});

test('once the worker was restarted all is well, and the pause is lifted', async () => {
  await pauseForCode(world.client, ID, 'STRIPE_KEY_REJECTED');
  await worker?.stop();
  worker = await startWorker(world.client, world.db, { ...world.settings, ...roll });
  const { code, data } = await check(roll);
  expect({ code, lifted: data.liftedPause }).toEqual({ code: 0, lifted: 'STRIPE_KEY_REJECTED' });
  expect(await isPaused()).toBe(false);
});

test('a sync that completes lifts a pause of ours, whoever started it; one of a person stays', async () => {
  await pauseForCode(world.client, ID, 'BLNK_KEY_REJECTED');
  // As the portal starts it: nobody follows it.
  const started = async () =>
    (await startAdhocSync(world.client, { instanceId: ID, trigger: 'portal' })).handle.result();
  const run = async () => {
    for (;;) {
      const result = await started();
      // One of the schedule may be under way, which began before it was paused.
      if (result.status !== 'skipped') return result;
    }
  };
  expect(await run()).toMatchObject({ status: 'completed' });
  expect(await isPaused()).toBe(false);

  await world.cli('schedules', 'pause', '--reason', 'year-end closing');
  expect(await run()).toMatchObject({ status: 'completed' });
  expect(await isPaused()).toBe(true);
  await world.cli('schedules', 'resume');
});
