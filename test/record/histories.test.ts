/**
 * Not a test: `npm run record` runs syncs of each kind on real parts and keeps their histories for the
 * replay tests. Run it when the workflow changes on purpose, together with a version bump.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalCli } from '../support/cli';
import { testEnvironment } from '../support/environment';
import { startHarness, type Harness } from '../support/harness';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ scenario: 'default' });
});
afterAll(() => harness.close());

async function keep(name: string, workflowId: string): Promise<void> {
  const { temporalAddress } = testEnvironment();
  const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json'];
  const history = execFileSync(await temporalCli(), [...show, '--address', temporalAddress], {
    maxBuffer: 50_000_000,
    encoding: 'utf8',
    // Stack traces name the folder that this machine happens to use.
  }).replaceAll(process.cwd(), '.');
  writeFileSync(join(__dirname, '../replay/histories', `${name}.json`), history);
}

async function run(): Promise<string> {
  const started = await harness.start();
  await harness.reportOf(started);
  return started.workflowId;
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
  await keep('cancelled', running.workflowId);
}, 120_000);
