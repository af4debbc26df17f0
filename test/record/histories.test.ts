/**
 * Not a test: `npm run record` runs syncs of each kind on real parts and keeps their histories for the
 * replay tests, in a folder named for the version. Those of earlier versions stay.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../support/databases/kept-versions';
import { temporalCli } from '../support/processes/cli';
import { testEnvironment } from '../support/environment';
import { startHarness, type Harness } from '../support/worlds/harness';
import { startTemporalServer } from '../support/processes/temporal-server';

const folder = newFolder('histories');
let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ scenario: 'default' });
});
afterAll(() => harness.close());

async function keep(
  name: string,
  run: { readonly workflowId: string; readonly runId?: string },
  address = testEnvironment().temporalAddress,
): Promise<void> {
  const { workflowId, runId = '' } = run;
  const which = ['--workflow-id', workflowId, ...(runId === '' ? [] : ['--run-id', runId])];
  const show = ['workflow', 'show', ...which, '--output', 'json'];
  const history = execFileSync(await temporalCli(), [...show, '--address', address], {
    maxBuffer: 50_000_000,
    encoding: 'utf8',
    // Stack traces name the folder that this machine happens to use.
  }).replaceAll(process.cwd(), '.');
  writeFileSync(join(folder, `${name}.json`), history);
}

async function run(): ReturnType<Harness['start']> {
  const started = await harness.start();
  await harness.reportOf(started);
  return started;
}

it('keeps a full listing, an idle tail, a failed, a cancelled and a skipped run', async () => {
  await keep('full-listing', await run());
  await keep('idle', await run());

  harness.blnk.faults.add({ fault: { kind: 'status', status: 401, json: { error: 'no' } } });
  await keep('failed', await run());
  harness.blnk.faults.clear();

  harness.stripe.faults.add({ fault: { kind: 'hang' } });
  const running = await harness.start();
  const handle = harness.client.workflow.getHandle(running.workflowId);
  const waiting = async () => (await handle.query<{ syncId: string | null }>('progress')).syncId;
  while ((await waiting()) === null) await new Promise((resolve) => setTimeout(resolve, 50));
  await keep('skipped', await run());
  await handle.cancel();
  await harness.reportOf(running);
  await keep('cancelled', running);
});

it('keeps first, idle and searching runs of an instance whose movements are carried over', async () => {
  const settings = { MOVEMENTS: 'on', SYNC_SINCE: 'all' };
  const month = await startHarness({ scenario: 'month', settings });
  const ran = async (name: string) => {
    const started = await month.start();
    await month.reportOf(started);
    await keep(name, started);
  };
  try {
    await ran('movements-first');
    await ran('movements-idle');
    // No row tells of it: the run looks for what is missing, and plans again.
    await month.stripe.world.money.chargeFee({ amount: '700', unlisted: true });
    await month.reportOf(await month.start());
    month.stripe.clock.advance(3_600);
    await ran('movements-searched');
  } finally {
    await month.close();
  }
});

it('keeps a full listing that went on in a second history', async () => {
  const server = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': 100 });
  const { address } = server;
  const long = await startHarness({ scenario: 'default', servers: { temporalAddress: address } });
  try {
    const { workflowId, firstRunId } = await long.start();
    await long.reportOf({ workflowId, firstRunId });
    const { runId } = await long.client.workflow.getHandle(workflowId).describe();
    await keep('continued-first', { workflowId, runId: firstRunId }, address);
    await keep('continued-last', { workflowId, runId }, address);
  } finally {
    await long.close();
    await server.stop();
  }
});
