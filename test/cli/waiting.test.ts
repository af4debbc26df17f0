/** What is shown while a sync cannot get on: by who follows it, by `status`, and by what asks the workflow itself. */
import type { StepWait } from '../../src/domain/waits';
import { applySchedule } from '../../src/temporal/schedules';
import { startAdhocSync } from '../../src/temporal/syncs';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';
import { until } from '../support/processes/local-support';

const ID = 'waiting';
let world: CliWorld;
let worker: { stop: () => Promise<void> } | undefined;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', instanceId: ID });
  worker = await startWorker(world.client, world.db, world.settings);
  await applySchedule(world.client, ID, '0 0 1 1 *');
  await world.stripe.world.pay({ id: 'pi_first', amount: 700, currency: 'eur' });
  expect(await world.cli('sync')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await worker?.stop();
  await world.close();
});

interface Shown {
  readonly waits: readonly StepWait[];
  readonly problems: readonly { problem: string; codes: readonly string[] }[];
  readonly unbegun: { readonly workflowId: string } | null;
}
const status = async () => (await world.json('status')).data as Shown;
const waitsFor = (code: string) =>
  until(async () => (await status()).waits.some((wait) => wait.code === code && wait.attempt > 2));

test.each([
  ['Stripe', 'STRIPE_UNAVAILABLE', '/v1/events'],
  ['Blnk', 'BLNK_UNAVAILABLE', '/transactions'],
] as const)('%s out of reach is named wherever one looks', async (name, code, path) => {
  const side = name === 'Stripe' ? world.stripe : world.blnk;
  const outage = side.faults.add({ path, fault: { kind: 'reset' } });
  await world.stripe.world.pay({ amount: 1500, currency: 'usd' });
  const started = world.start('sync');
  await started.said(new RegExp(`Waiting: ${code} \\(host 127\\.0\\.0\\.1`));
  await waitsFor(code);
  const text = await world.cli('status');
  expect(text.stdout).toMatch(
    new RegExp(`WAITS: ${code} \\(host 127\\.0\\.0\\.1.*, attempt \\d+, `),
  );
  expect(text.stdout).toContain(`SYNC_WAITING (${code})`);
  expect(text.stdout).not.toContain('Problems    none');

  const followed = world.start('syncs', 'follow');
  await followed.said(new RegExp(`Waiting: ${code} `));
  outage.remove();
  for (const shown of [await started.ended, await followed.ended]) {
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('1 pay-in found, 1 posted');
  }
  expect(await status()).toMatchObject({ waits: [], problems: [] });
});

test('a run that the schedule has started is followed by name, and Ctrl-C leaves it running', async () => {
  const outage = world.stripe.faults.add({ path: '/v1/events', fault: { kind: 'reset' } });
  const { data } = await world.json('schedules', 'trigger');
  const { workflowId } = data as { workflowId: string };
  await waitsFor('STRIPE_UNAVAILABLE');
  const left = world.start('syncs', 'follow');
  await left.said(/Waiting: STRIPE_UNAVAILABLE/);
  left.interrupt();
  expect(await left.ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Detached; the sync goes on.') as string,
  });
  const stayed = world.start('syncs', 'follow', '--json');
  await stayed.said(new RegExp(`Following ${workflowId}`));
  outage.remove();
  const { code, stdout } = await stayed.ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    workflowId,
    status: 'completed',
    trigger: 'schedule',
  });
});

test('status --watch shows the screen anew until Ctrl-C, and what has changed', async () => {
  const watching = world.start('status', '--watch');
  await watching.printed(/Running {5}no sync just now[^]*Running {5}no sync just now/);
  const outage = world.stripe.faults.add({ path: '/v1/events', fault: { kind: 'reset' } });
  const { handle } = await startAdhocSync(world.client, { instanceId: ID, trigger: 'portal' });
  await watching.printed(/WAITS: STRIPE_UNAVAILABLE/);
  outage.remove();
  await handle.result();
  watching.interrupt();
  const { code, stdout } = await watching.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\nInstance/);
});

test('without a worker status says that a sync waits, and nothing is well', async () => {
  await worker?.stop();
  worker = undefined;
  const { handle, workflowId } = await startAdhocSync(world.client, {
    instanceId: ID,
    trigger: 'portal',
  });
  const shown = await world.cli('status');
  expect(shown.stdout).toContain(`a sync waits to be begun since`);
  expect(shown.stdout).not.toContain('no sync just now');
  expect(shown.stdout).toMatch(
    /WAITS: WORKER_MISSING\n +no worker polls .* Start one with npm start/,
  );
  expect(shown.stdout).toContain('Problems    SYNC_WAITING (WORKER_MISSING)');
  expect((await status()).unbegun).toMatchObject({ workflowId });
  const followed = world.start('syncs', 'follow');
  await followed.said(/no worker polls the task queue stripe-sync/);
  worker = await startWorker(world.client, world.db, world.settings);
  expect(await followed.ended).toMatchObject({ code: 0 });
  expect(await handle.result()).toMatchObject({ status: 'completed' });
});
