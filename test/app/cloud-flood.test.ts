/** Many forged calls beside a real one. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { reconcileOnce, startReconciler } from '../../src/instances/reconcile';
import { findInstall } from '../../src/store/installs';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    perMinute: 100_000,
    settings: { TRUSTED_PROXIES: 'loopback' },
  });
});
afterAll(() => world.close());

/** Ten times as many as are tried at once. */
const FORGED = 320;

async function call(installed: Installed, from = '198.51.100.1'): Promise<void> {
  const { status } = await fetch(`${world.url}/api/callback/${world.secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify(installed),
  });
  expect(status).toBe(200);
}

async function callAll(calls: readonly Installed[]): Promise<void> {
  for (let at = 0; at < calls.length; at += 20) {
    await Promise.all(calls.slice(at, at + 20).map((one) => call(one)));
  }
}

const forgedFor = (instanceId: string, many: number) =>
  Array.from({ length: many }, () => world.install(instanceId, { keyWorks: false }));

test.each<[string, number, string | undefined]>([
  ['before', 0, undefined],
  ['after', FORGED, undefined],
  ['from another address, among', FORGED / 2, '203.0.113.7'],
])(
  'a real install is among the first that are tried, %s many forged ones',
  async (_w, at, from) => {
    const instanceId = newInstanceId();
    const real = world.install(instanceId);
    const forged = forgedFor(instanceId, FORGED);
    await callAll(forged.slice(0, at));
    await call(real, from);
    await callAll(forged.slice(at));
    await reconcileOnce(world.deps, new AbortController().signal, instanceId);
    expect((await world.view(instanceId)).ledger?.installId).toBe(real.installed_app_id);
  },
);

test('a real key that Blnk lets in a moment later is tried again, whoever else sends many', async () => {
  const instanceId = newInstanceId();
  const late = world.install(instanceId, { keyWorks: false });
  await call(late, '203.0.113.8');
  await callAll(forgedFor(instanceId, 40));
  const tryAll = async () => {
    const due = `update intents set next_at = now() where instance_id = $1 and done_at is null`;
    await world.db.query(due, [instanceId]);
    await world.reconcile(instanceId);
  };
  for (let round = 0; round < 3; round += 1) await tryAll();
  const left = await world.db.query<{ id: string }>(
    `select install_id as id from installs where instance_id = $1 and status = 'pending'`,
    [instanceId],
  );
  // Of those that came from one address, a handful is left.
  expect(left.map(({ id }) => id)).toContain(late.installed_app_id);
  expect(left.length).toBeLessThan(10);
  const permissions = ['data:read', 'data:write'] as const;
  world.blnk.keys.cloud.set(late.api_key, { instanceId, permissions });
  await tryAll();
  expect((await world.view(instanceId)).ledger?.installId).toBe(late.installed_app_id);
});

test('an uninstall is carried out while keys are tried that a ledger does not answer', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const cloudUrl = new URL(`http://127.0.0.1:${port}`);
  const [instanceId, target] = [newInstanceId(), newInstanceId()];
  const installed = world.install(instanceId);
  await call(installed);
  await world.reconcile(instanceId);
  await callAll(forgedFor(target, 64));
  const reconciler = startReconciler({
    ...world.deps,
    connected: { ...world.deps.connected, cloudUrl },
  });
  while (sockets.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await world.post(world.uninstall(installed));
  const open = async () =>
    world.db.query('select 1 from intents where instance_id = $1 and done_at is null', [
      instanceId,
    ]);
  while ((await open()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  // None of them was answered yet.
  const tried = await world.db.query(
    `select 1 from intents where instance_id = $1 and (problem is not null or done_at is not null)`,
    [target],
  );
  expect(tried).toEqual([]);
  for (const socket of sockets) socket.destroy();
  silent.close();
  await reconciler.stop();
});

test('a call about another install uses up no key of a real uninstall', async () => {
  const instanceId = newInstanceId();
  const real = world.install(instanceId);
  await world.post(real);
  await world.reconcile(instanceId);
  const about = world.uninstall(real);
  const foreign = world.install(newInstanceId());
  const used = { idempotency_key: about['idempotency_key'] };
  // Of an uninstall of his, and of an install: the key of the real event, letter by letter.
  expect((await world.post({ ...world.uninstall(foreign), ...used })).status).toBe(200);
  expect((await world.post({ ...foreign, ...used })).status).toBe(200);
  expect((await world.post(about)).body).toEqual({ received: 'taken' });
  expect((await world.view(instanceId)).standing).toBe('inactive');
});

test('an uninstall of an install that nobody knows ends no other', async () => {
  const instanceId = newInstanceId();
  const real = world.install(instanceId);
  await call(real);
  await world.reconcile(instanceId);
  await world.post(world.uninstall(world.install(instanceId, { keyWorks: false })));
  // The real id, with another instance: refused, and its key is not used up.
  const elsewhere = { ...world.uninstall(real), instance_id: newInstanceId() };
  expect((await world.post(elsewhere)).status).toBe(409);
  await world.reconcile(instanceId);
  expect((await findInstall(world.db, real.installed_app_id))?.status).toBe('active');
  expect((await world.post(world.uninstall(real))).body).toEqual({ received: 'taken' });
});
