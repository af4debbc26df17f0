/** Who can write to the database, and has no ENCRYPTION_KEYS, wants the key of an app sent to a server of his own. */
import { listSyncs } from '../../src/store/syncs';
import { startAdhocSync } from '../../src/temporal/syncs';
import { startWorker } from '../support/worlds/cli-worker';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { json, startScriptedServer, type ScriptedServer } from '../support/proxies/scripted-server';

let world: CloudWorld;
let thief: ScriptedServer;
beforeAll(async () => {
  [world, thief] = await Promise.all([
    startCloudWorld({ worker: startWorker }),
    startScriptedServer(),
  ]);
  await world.stripe.world.pay({ amount: 1_200 });
  thief.play(json(200, { data: [], total: 0 }));
});
afterAll(async () => {
  // What is stored tells later programs on this database whether their ENCRYPTION_KEYS are right.
  await world.db.query("update installs set blnk_kind = 'cloud' where blnk_url = $1", [
    thief.url.href,
  ]);
  await Promise.all([world.close(), thief.close()]);
});

const write = (instanceId: string, kind: 'cloud' | 'core') =>
  world.db.query('update installs set blnk_url = $2, blnk_kind = $3 where instance_id = $1', [
    ...[instanceId, thief.url.href, kind],
  ]);

async function sync(instanceId: string) {
  const started = await startAdhocSync(world.client, { instanceId, trigger: 'cli' });
  await started.handle.result().catch(() => undefined);
  return (await listSyncs(world.db, instanceId, 1))[0];
}

test('a key of Blnk Cloud goes to the address of the settings, while it is tried and while it posts', async () => {
  const instanceId = newInstanceId();
  await world.post(world.install(instanceId));
  await write(instanceId, 'cloud');
  await world.reconcile(instanceId);
  await connectSandboxStripe(world.deps, instanceId);
  await world.reconcile(instanceId);
  expect(await sync(instanceId)).toMatchObject({ status: 'completed' });
  expect(world.blnk.ledger.rows.length).toBeGreaterThan(0);
  expect(thief.count()).toBe(0);
});

test('a row that calls it a key of a Core does not open it, neither to try it nor to post', async () => {
  const tried = newInstanceId();
  await world.post(world.install(tried));
  await write(tried, 'core');
  await world.reconcile(tried);
  expect((await world.view(tried)).standing).not.toBe('needs_stripe');

  const synced = newInstanceId();
  await world.post(world.install(synced));
  await world.reconcile(synced);
  await connectSandboxStripe(world.deps, synced);
  await world.reconcile(synced);
  await write(synced, 'core');
  expect(await sync(synced)).toMatchObject({ error: 'STORED_KEY_DAMAGED' });
  expect(thief.count()).toBe(0);
});
