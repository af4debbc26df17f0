/**
 * Somebody who knows the callback's address, secret included, and has a Blnk account of his own, tries to
 * get the merchant's pay-ins. What leaves is told by the request log of the stand-in, not by our rows.
 */
import { randomUUID } from 'node:crypto';
import { approve } from '../../src/instances/decide';
import { fingerprintOf } from '../../sandbox/requests';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { listSyncs } from '../../src/store/syncs';
import { startAdhocSync } from '../../src/temporal/syncs';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { startWorker } from '../support/worlds/cli-worker';

const COUNT = 12;
const ALL = ['data:read', 'data:write', 'alerts:write'] as const;
/** Bound to the configured key by a setting: in force, it would sync without anybody's consent. */
const BOUND = newInstanceId();

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    worker: startWorker,
    settings: { STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY, STRIPE_KEY_INSTANCES: BOUND },
  });
  for (let at = 0; at < COUNT; at += 1) await world.stripe.world.pay({ amount: 100 + at });
});
afterAll(() => world.close());

/** A real key of the forger's: it works, on his own instance. */
function forger() {
  const instanceId = newInstanceId();
  const key = `blnk_forger_${randomUUID()}`;
  world.blnk.keys.cloud.set(key, { instanceId, permissions: [...ALL] });
  const forge = (target: string, more: Record<string, unknown> = {}) => {
    const id = `instapp_${randomUUID().slice(0, 12)}`;
    return world.post({
      installed_app_id: id,
      app_id: 'app_test',
      instance_id: target,
      api_key: key,
      api_key_prefix: key.slice(0, 8),
      granted_permissions: ALL,
      idempotency_key: `install:${id}`,
      ...more,
    });
  };
  const requests = () =>
    world.blnk.requests.list().filter(({ credential }) => credential === fingerprintOf(key));
  return { instanceId, forge, requests };
}

async function victim(instanceId = newInstanceId()): Promise<string> {
  await world.blnk.apps.install(instanceId, ALL);
  await world.reconcile(instanceId);
  return instanceId;
}

async function connect(instanceId: string): Promise<void> {
  await connectSandboxStripe(world.deps, instanceId);
  await world.reconcile(instanceId);
}

async function sync(instanceId: string) {
  const started = await startAdhocSync(world.client, { instanceId, trigger: 'cli' });
  await started.handle.result().catch(() => undefined);
  return (await listSyncs(world.db, instanceId, 1))[0];
}

/** Both probes ask without a pay-in: a look for nothing, and an empty body that Blnk refuses. */
function expectNoPayIn({ requests }: ReturnType<typeof forger>): void {
  for (const { method, query, status } of requests()) {
    if (method === 'POST') expect(status).toBeGreaterThanOrEqual(400);
    else expect(query).toContain('stripe_sync_probe');
  }
}

test('for an instance of his own: it waits for a Stripe account, and nothing is posted', async () => {
  const attacker = forger();
  expect((await attacker.forge(attacker.instanceId)).status).toBe(200);
  await world.reconcile(attacker.instanceId);
  expect((await world.view(attacker.instanceId)).standing).toBe('needs_stripe');
  expect(await sync(attacker.instanceId)).toMatchObject({ error: 'STRIPE_NOT_CONNECTED' });
  // His key was tried, so the log would show what it was used for.
  expect(attacker.requests().length).toBeGreaterThan(0);
  expectNoPayIn(attacker);
  expect(world.blnk.ledger.rows).toEqual([]);
});

test('for an instance that syncs: it goes on with its own key into its own ledger', async () => {
  const attacker = forger();
  const id = await victim();
  await connect(id);
  const before = (await world.view(id)).ledger?.installId;
  for (let at = 0; at < 3; at += 1) expect((await attacker.forge(id)).status).toBe(200);
  await world.reconcile(id);
  expect((await world.view(id)).ledger?.installId).toBe(before);
  expect(await sync(id)).toMatchObject({ status: 'completed', counts: { posted: COUNT } });
  expect(world.blnk.ledgerOf(id).rows).toHaveLength(COUNT);
  expect(attacker.requests().length).toBeGreaterThan(0);
  expectNoPayIn(attacker);
});

test('under the id of an install that stands: its key is not replaced', async () => {
  const attacker = forger();
  const id = await victim();
  await connect(id);
  const installId = (await world.view(id)).ledger!.installId;
  // Another event about the same install, and the same about another instance.
  const again = { installed_app_id: installId, idempotency_key: `install:${randomUUID()}` };
  await attacker.forge(id, again);
  const moved = await attacker.forge(attacker.instanceId, {
    ...again,
    idempotency_key: 'install:1',
  });
  expect(moved).toMatchObject({ status: 409, body: { error: { code: 'INSTALL_MISMATCH' } } });
  await world.reconcile(id);
  expect(await sync(id)).toMatchObject({ status: 'completed', counts: { posted: COUNT } });
  expect(attacker.requests()).toEqual([]);
});

test('for an instance that a setting binds to the configured key, before its owner comes', async () => {
  const attacker = forger();
  expect((await attacker.forge(BOUND)).status).toBe(200);
  await world.reconcile(BOUND);
  expect((await world.view(BOUND)).standing).toBe('checking');
  expect(await sync(BOUND)).toMatchObject({ error: 'INSTANCE_INACTIVE' });
  expectNoPayIn(attacker);
  // The owner's own install is in force at once, and syncs once somebody has approved it.
  await victim(BOUND);
  expect((await world.view(BOUND)).standing).toBe('needs_approval');
  expect(await sync(BOUND)).toMatchObject({ error: 'INSTALL_NOT_APPROVED' });
  await approve(world.deps, BOUND, undefined);
  await world.reconcile(BOUND);
  expect((await world.view(BOUND)).standing).toBe('ready');
  expect(await sync(BOUND)).toMatchObject({ status: 'completed', counts: { posted: COUNT } });
  expectNoPayIn(attacker);
});
