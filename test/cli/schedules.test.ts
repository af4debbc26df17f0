/** The life of a schedule, and a sync that nobody works on. */
import { randomUUID } from 'node:crypto';
import {
  applySchedule,
  describeSchedule,
  handleOf,
  pauseForCode,
} from '../../src/temporal/schedules';
import type { CliProcess } from '../support/processes/cli-process';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

const ID = `t_${randomUUID().slice(0, 8)}`;
/** Never while the tests run: nobody would work on what it starts. */
const CRON = '0 0 1 1 *';
const NAME = `stripe-sync:${ID}`;

let world: CliWorld;
let waiting: CliProcess;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', instanceId: ID, cron: CRON });
  // It takes seconds until it complains; the tests go on meanwhile.
  waiting = world.start('sync');
});
afterAll(() => world.close());

test('without a schedule there is nothing to pause, and a list says how to make one', async () => {
  const [list, pause] = await Promise.all([
    world.cli('schedules', 'list'),
    world.json('schedules', 'pause'),
  ]);
  expect(list).toMatchObject({ code: 0 });
  expect(list.stdout).toContain('schedules apply');
  expect(pause).toMatchObject({ code: 3, data: { error: { code: 'NOT_FOUND' } } });
});

test('it is applied, and a pause of a person stays until a person ends it', async () => {
  const applied = await world.cli('schedules', 'apply');
  expect(applied.stdout).toBe(`Schedule ${NAME} created: ${CRON} (UTC).\n`);
  await world.cli('schedules', 'pause', '--reason', 'year-end closing');
  const again = await world.cli('schedules', 'apply');
  expect(again.stdout).toMatch(/updated.*\nIt is paused by a person \(year-end closing\)/);
  const list = await world.json('schedules', 'list');
  expect(list.data).toMatchObject([{ scheduleId: NAME, paused: true, note: 'year-end closing' }]);
  const resumed = await world.cli('schedules', 'resume');
  expect(resumed.stdout).toMatch(/^Resumed stripe-sync:\w+, next run 20/);
});

test('a pause of ours is lifted once Stripe and Blnk let us in', async () => {
  await pauseForCode(world.client, ID, 'BLNK_KEY_REJECTED');
  const check = await world.cli('check');
  expect(check.stdout).toContain(
    'Lifted the pause of the schedule that was set for BLNK_KEY_REJECTED.',
  );
  await pauseForCode(world.client, ID, 'STRIPE_KEY_REJECTED');
  const applied = await world.json('schedules', 'apply');
  expect(applied.data).toMatchObject({ outcome: 'updated', paused: false });
});

test('a run is triggered unless the one before still goes on, and deleting asks to be confirmed', async () => {
  const first = await world.json('schedules', 'trigger');
  expect(first).toMatchObject({ code: 0 });
  expect((first.data as { workflowId: string }).workflowId).toMatch(new RegExp(`^${NAME}-`));
  const second = await world.json('schedules', 'trigger');
  expect(second).toMatchObject({ code: 4, data: { error: { code: 'SYNC_ALREADY_RUNNING' } } });
  const asked = await world.json('schedules', 'delete');
  expect(asked).toMatchObject({ code: 2, data: { error: { code: 'USAGE' } } });
  expect(await world.json('schedules', 'delete', '--yes')).toMatchObject({ code: 0 });
  expect(await describeSchedule(world.client, ID)).toBeUndefined();
});

test('instances of one interval each have a second of their own in it, and show the cron as it was given', async () => {
  // The same in each run: of random ones two may share a second.
  const ids = ['spread_a', 'spread_b', 'spread_c', 'spread_d'];
  const phases = new Set<number>();
  for (const id of ids) {
    await applySchedule(world.client, id, '*/15 * * * *');
    const schedule = handleOf(world.client, id);
    const { info } = await schedule.describe();
    const [first, second] = info.nextActionTimes.map((time) => time.getTime() / 1000);
    expect((second ?? 0) - (first ?? 0)).toBe(900);
    phases.add((first ?? 0) % 900);
    expect(await describeSchedule(world.client, id)).toMatchObject({ cron: '*/15 * * * *' });
    await schedule.delete();
  }
  expect(phases.size).toBe(4);
});

test('a sync without a worker says so, and Ctrl-C leaves it waiting for one', async () => {
  await waiting.said(/no worker polls the task queue stripe-sync/);
  waiting.interrupt();
  const { code, stderr } = await waiting.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('Detached; the sync goes on.');
  expect(stderr).toContain('to cancel it  npm run cli -- syncs cancel');
  const handle = world.client.workflow.getHandle(`${NAME}:adhoc`);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.terminate();
});
