/** The portal as a browser reaches it: an app with a worker, and instances at each point of their life. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/local/process/ports';
import { listSyncs } from '../../src/store/syncs';
import { startAdhocSync } from '../../src/temporal/syncs';
import { startWorker } from '../support/worlds/cli-worker';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type CloudWorldOptions,
  type Installed,
} from '../support/worlds/cloud-world';

export interface PortalWorld extends CloudWorld {
  installed(options?: Parameters<CloudWorld['install']>[1]): Promise<Installed>;
  /** With a Stripe account. */
  connected(): Promise<Installed>;
  /** With a sync that has ended. */
  synced(): Promise<Installed>;
}

export async function startPortalWorld(
  scenario: NonNullable<CloudWorldOptions['scenario']>,
): Promise<PortalWorld> {
  const port = await freePort(0);
  const world = await startCloudWorld({
    worker: startWorker,
    scenario,
    port,
    settings: { PUBLIC_URL: `http://127.0.0.1:${port}` },
  });

  const installed: PortalWorld['installed'] = async (options) => {
    const install = world.install(newInstanceId(), options);
    await world.post(install);
    await world.reconcile(install.instance_id);
    return install;
  };
  const connected = async () => {
    const install = await installed();
    const { instance_id: id } = install;
    await connectSandboxStripe(world.deps, id);
    await world.reconcile(id);
    return install;
  };
  const synced = async () => {
    const install = await connected();
    const { instance_id: instanceId } = install;
    await startAdhocSync(world.client, { instanceId, trigger: 'cli' });
    for (let tries = 0; tries < 600; tries += 1) {
      const [row] = await listSyncs(world.db, instanceId, 1);
      if (row && row.status !== 'running') return install;
      await sleep(100);
    }
    throw new Error('no sync has ended');
  };
  return { ...world, installed, connected, synced };
}
