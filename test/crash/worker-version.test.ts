/** Workers with a version: a run is given to the one that it has begun on, to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startCrashSystem, type CrashSystem } from '../support/processes/crash-system';

const DEPLOYMENT = 'stripe-sync';
let system: CrashSystem;

beforeAll(async () => {
  system = await startCrashSystem({
    settings: { TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT, TEMPORAL_WORKER_BUILD_ID: 'one' },
  });
});
afterAll(() => system.close());

/** As `temporal worker deployment set-current-version`, which knows a version once a worker has polled. */
async function makeCurrent(buildId: string): Promise<void> {
  const { connection, options } = system.client;
  const { namespace } = options;
  const current = () =>
    connection.workflowService.setWorkerDeploymentCurrentVersion({
      ...{ namespace, deploymentName: DEPLOYMENT, buildId, identity: 'test' },
    });
  for (;;) {
    const known = await current().then(
      () => true,
      () => false,
    );
    if (known) return;
    await sleep(100);
  }
}

it('wait until their version is the current one, and keep the run', async () => {
  await system.pay(5);
  const started = await system.start();
  const handle = system.client.workflow.getHandle(started.workflowId);
  expect((await handle.describe()).historyLength).toBeLessThan(4);
  await makeCurrent('one');
  expect(await system.rowOf(started)).toMatchObject({ status: 'completed', counts: { posted: 5 } });
  const { raw } = await handle.describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  expect(info?.deploymentVersion).toMatchObject({ deploymentName: DEPLOYMENT, buildId: 'one' });
});
