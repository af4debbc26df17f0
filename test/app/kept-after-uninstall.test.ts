/** How long an instance is kept that was left. */
import { startReconciler } from '../../src/instances/reconcile';
import { purgeLeft } from '../../src/instances/retention';
import { loadConfig } from '../../src/config';
import { findAccess } from '../../src/store/access';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld();
});
afterAll(() => world.close());

/** Uninstalled so many days ago. */
async function left(days: number, wasSynced: boolean): Promise<string> {
  const instanceId = newInstanceId();
  const installed = world.install(instanceId);
  await world.post(installed);
  await world.reconcile(instanceId);
  if (wasSynced) {
    await world.db.query(
      `insert into sources (source_id, instance_id, livemode, ledger_address, is_current, key_fingerprint)
       values ($1, $1, false, 'x', true, 'x')`,
      [instanceId],
    );
  }
  await world.post(world.uninstall(installed));
  await world.reconcile(instanceId);
  const ago = `now() - make_interval(days => $2)`;
  await world.db.query(
    `update installs set received_at = ${ago}, ended_at = ${ago} where instance_id = $1`,
    [instanceId, days],
  );
  await world.db.query(`update instances set created_at = ${ago} where instance_id = $1`, [
    instanceId,
    days,
  ]);
  return instanceId;
}

const isKept = async (instanceId: string) => (await findAccess(world.db, instanceId)) !== undefined;

/** Until nothing is left to be deleted, as the server does. */
async function purge(keepDays: number | undefined): Promise<void> {
  const deps = { ...world.deps, connected: { ...world.deps.connected, keepDays } };
  while ((await purgeLeft(deps)) > 0);
}

test('what was synced is kept for ever unless a setting says for how long', async () => {
  const [old, recent] = [await left(3_000, true), await left(80, true)];
  await purge(undefined);
  expect([await isKept(old), await isKept(recent)]).toEqual([true, true]);
  await purge(90);
  expect([await isKept(old), await isKept(recent)]).toEqual([false, true]);
  await purge(79);
  expect(await isKept(recent)).toBe(false);
});

test('an instance that nothing was ever synced into goes after 30 days', async () => {
  const [old, recent] = [await left(31, false), await left(29, false)];
  await purge(undefined);
  expect([await isKept(old), await isKept(recent)]).toEqual([false, true]);
});

test('one that is in force, or whose key is being tried, stays', async () => {
  const id = await left(500, true);
  const again = world.install(id);
  await world.post(again);
  await purge(1);
  expect(await isKept(id)).toBe(true);
  await world.reconcile(id);
  await world.db.query(`update installs set received_at = now() - interval '400 days'`);
  await purge(1);
  expect((await world.view(id)).standing).toBe('needs_stripe');
});

test('the server does so by itself, as its settings say', async () => {
  const [old, recent] = [await left(91, true), await left(89, true)];
  const connected = loadConfig('cli', {
    ENCRYPTION_KEYS: world.cliSettings['ENCRYPTION_KEYS'],
    KEEP_DAYS_AFTER_UNINSTALL: '90',
  }).connected!;
  const reconciler = startReconciler({ ...world.deps, connected });
  while (await isKept(old)) await new Promise((resolve) => setTimeout(resolve, 50));
  await reconciler.stop();
  expect(await isKept(recent)).toBe(true);
  const told = world.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told).toContainEqual(expect.objectContaining({ msg: 'instance.purged', instanceId: old }));
});
