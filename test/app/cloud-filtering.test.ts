/**
 * Blnk Cloud as it might be: it takes a key of another instance than the one that a request names, and
 * answers for the key's own. A forger's key then works for whichever instance he names.
 */
import { randomUUID } from 'node:crypto';
import { alertOnce } from '../../src/alerts/loop';
import { listProblems } from '../../src/alerts/list';
import { approve, refuseHeld } from '../../src/instances/decide';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { viewOf } from '../../src/instances/view';
import { findAccess } from '../../src/store/access';
import { listSyncs } from '../../src/store/syncs';
import { startAdhocSync } from '../../src/temporal/syncs';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import {
  forgedInstall,
  send,
  statusOf as statusOfInstall,
  take as takeInstall,
} from '../support/worlds/forger';
import { startWorker } from '../support/worlds/cli-worker';

const COUNT = 12;
const BOUND = newInstanceId();

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    worker: startWorker,
    settings: {
      STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
      STRIPE_KEY_INSTANCES: BOUND,
      TRUSTED_PROXIES: 'loopback',
    },
  });
  world.blnk.keys.foreign = 'filter';
  for (let at = 0; at < COUNT; at += 1) await world.stripe.world.pay({ amount: 100 + at });
});
afterAll(() => world.close());

const forged = (target: string) => forgedInstall(world, target);
const take = (installed: Installed) => takeInstall(world, installed);
const statusOf = (installed: Installed) => statusOfInstall(world, installed);

async function uninstall(installed: Installed): Promise<void> {
  await world.post(world.uninstall(installed));
  world.blnk.keys.cloud.delete(installed.api_key);
  await world.reconcile(installed.instance_id);
}

async function sync(instanceId: string) {
  const started = await startAdhocSync(world.client, { instanceId, trigger: 'cli' });
  await started.handle.result().catch(() => undefined);
  return (await listSyncs(world.db, instanceId, 1))[0];
}

/** An instance whose first sync has posted all there is. */
async function synced(): Promise<Installed> {
  const installed = world.install(newInstanceId());
  await world.blnk.openLedgerOf(installed.instance_id);
  await take(installed);
  await connectSandboxStripe(world.deps, installed.instance_id);
  await world.reconcile(installed.instance_id);
  expect(await sync(installed.instance_id)).toMatchObject({ status: 'completed' });
  return installed;
}

const rowsOf = (instanceId: string) => world.blnk.ledgerOf(instanceId).rows.length;
const problemsOf = async (instanceId: string) =>
  (await listProblems(world.db, instanceId)).map(({ problem, codes }) => [problem, ...codes]);

test('a forged install replaces nothing that works: it is held, its owner is told, syncs go on', async () => {
  const real = await synced();
  const id = real.instance_id;
  const before = rowsOf(id);
  expect(before).toBeGreaterThanOrEqual(COUNT);
  const rival = await forged(id);
  await take(rival);
  expect(await statusOf(rival)).toBe('held INSTALL_HELD');
  expect(await world.view(id)).toMatchObject({
    standing: 'ready',
    ledger: { installId: real.installed_app_id },
  });
  await world.stripe.world.pay({ amount: 500 });
  expect(await sync(id)).toMatchObject({ status: 'completed', counts: { posted: 1 } });
  expect(rowsOf(rival.home)).toBe(0);
  expect(rowsOf(id)).toBe(before + 1);

  expect(await problemsOf(id)).toEqual([['INSTALL_HELD', 'INSTALL_HELD']]);
  const alerts = { db: world.db, log: world.deps.log, served: world.config };
  await alertOnce(
    {
      ...alerts,
      webhook: undefined,
      keyring: world.deps.keyring,
      temporal: world.deps.temporal,
    },
    id,
  );
  const told = world.blnk.alerts.list().filter(({ title }) => title.includes('held'));
  expect(told).toHaveLength(1);
  // Nobody who has only the held install gets into the portal.
  await expect(world.launch(rival)).rejects.toThrow('409');

  const events = world.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events).toContainEqual(
    expect.objectContaining({
      msg: 'install.held',
      client: '127.0.0.1',
      installId: rival.installed_app_id,
      instanceId: id,
      code: 'INSTALL_HELD',
    }),
  );
});

test('after an uninstall only a key comes into force that finds what was posted', async () => {
  const real = await synced();
  const id = real.instance_id;
  await uninstall(real);
  const rival = await forged(id);
  // He knows the id of a payment, which every customer does, and has booked it in a ledger of his own.
  const [known] = world.blnk.ledgerOf(id).rows;
  await fetch(`${world.blnk.url}/proxy/transactions?instance_id=${rival.home}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${rival.api_key}` },
    body: JSON.stringify({
      ...{ precise_amount: 100, precision: 100, reference: known!.reference, currency: 'USD' },
      ...{
        description: 'x',
        source: '@a',
        destination: '@b',
        allow_overdraft: true,
        skip_queue: true,
      },
    }),
  });
  expect(rowsOf(rival.home)).toBe(1);
  await take(rival);
  expect(await statusOf(rival)).toBe('held INSTALL_UNPROVEN');
  expect((await world.view(id)).standing).toBe('held');
  expect(await problemsOf(id)).toEqual([['INSTALL_HELD', 'INSTALL_UNPROVEN']]);
  expect(await sync(id)).toMatchObject({ error: 'INSTANCE_INACTIVE' });

  const again = world.install(id);
  await take(again);
  expect(await statusOf(again)).toBe('active');
  expect((await world.view(id)).standing).toBe('needs_stripe');
  expect(rowsOf(rival.home)).toBe(1);
});

test('a key that was revoked without a word is replaced by one that finds what was posted', async () => {
  const real = await synced();
  world.blnk.keys.cloud.delete(real.api_key);
  const rival = await forged(real.instance_id);
  await take(rival);
  expect(await statusOf(rival)).toBe('held INSTALL_UNPROVEN');
  const again = world.install(real.instance_id);
  await take(again);
  expect(await statusOf(again)).toBe('active');
  expect(await statusOf(real)).toBe('replaced');
});

test('the configured Stripe key is used by the install that somebody has approved', async () => {
  await world.blnk.openLedgerOf(BOUND);
  const rival = await forged(BOUND);
  await take(rival);
  expect(await statusOf(rival)).toBe('active');
  expect((await world.view(BOUND)).standing).toBe('needs_approval');
  expect(await sync(BOUND)).toMatchObject({ error: 'INSTALL_NOT_APPROVED' });
  const real = world.install(BOUND);
  await take(real);
  expect(await statusOf(real)).toBe('held INSTALL_HELD');
  expect(await approve(world.deps, BOUND, undefined)).toBe(real.installed_app_id);
  await world.reconcile(BOUND);
  expect(await statusOf(rival)).toBe('replaced');
  expect((await world.view(BOUND)).standing).toBe('ready');
  expect(await sync(BOUND)).toMatchObject({ status: 'completed' });
  expect(rowsOf(rival.home)).toBe(0);
  expect(rowsOf(BOUND)).toBeGreaterThanOrEqual(COUNT);
});

test('whoever decides ends the one that is held, or chooses among several', async () => {
  const real = await synced();
  const id = real.instance_id;
  const [first, second] = [await forged(id), await forged(id)];
  await take(first);
  await take(second);
  await expect(approve(world.deps, id, undefined)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(approve(world.deps, id, randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await refuseHeld(world.deps, id, first.installed_app_id)).toBe(1);
  expect(await refuseHeld(world.deps, id, undefined)).toBe(1);
  expect([await statusOf(first), await statusOf(second)]).toEqual([
    'refused INSTALL_HELD',
    'refused INSTALL_HELD',
  ]);
  expect(await problemsOf(id)).toEqual([]);
  expect((await world.view(id)).ledger?.installId).toBe(real.installed_app_id);
});

test('an instance that never had an install: the first key is in force without Stripe, nothing is posted', async () => {
  const id = newInstanceId();
  await world.blnk.openLedgerOf(id);
  const [first, second, real] = [await forged(id), await forged(id), world.install(id)];
  // All at once: one of them is first.
  await Promise.all([first, second, real].map((one) => send(world, one)));
  await world.reconcile(id);
  const standing = await Promise.all([first, second, real].map(statusOf));
  expect(standing.filter((one) => one === 'active')).toHaveLength(1);
  expect(standing.filter((one) => one === 'held INSTALL_HELD')).toHaveLength(2);
  expect((await world.view(id)).standing).toBe('needs_stripe');
  expect(await sync(id)).toMatchObject({ error: 'STRIPE_NOT_CONNECTED' });
  await approve(world.deps, id, real.installed_app_id);
  await refuseHeld(world.deps, id, undefined).catch(() => undefined);
  expect(await statusOf(real)).toBe('active');
  await connectSandboxStripe(world.deps, id);
  expect(await sync(id)).toMatchObject({ status: 'completed' });
  expect([rowsOf(first.home), rowsOf(second.home)]).toEqual([0, 0]);
  expect(rowsOf(id)).toBeGreaterThanOrEqual(COUNT);
});

test('a key in force that Blnk refuses, and nothing was posted: another one comes into force without Stripe', async () => {
  const id = newInstanceId();
  await world.blnk.openLedgerOf(id);
  const real = world.install(id);
  await take(real);
  await connectSandboxStripe(world.deps, id);
  world.blnk.keys.cloud.delete(real.api_key);
  const rival = await forged(id);
  await take(rival);
  expect([await statusOf(rival), await statusOf(real)]).toEqual(['active', 'replaced']);
  expect((await world.view(id)).standing).toBe('needs_stripe');
  expect(await sync(id)).toMatchObject({ error: 'STRIPE_NOT_CONNECTED' });
  expect(rowsOf(rival.home)).toBe(0);
});

test('an approval ends with its install: the same id with another key has none', async () => {
  const id = newInstanceId();
  await world.blnk.openLedgerOf(id);
  const shared = { ...world.config.connected!.shared!, instances: [id] };
  const connected = { ...world.config.connected!, shared };
  const standing = async () => viewOf((await findAccess(world.db, id))!, connected).standing;
  const real = world.install(id);
  await take(real);
  await approve(world.deps, id, undefined);
  expect(await standing()).toBe('ready');
  await uninstall(real);
  // Who knows the install's id as well.
  const rival = { ...(await forged(id)), installed_app_id: real.installed_app_id };
  await take(rival);
  expect(await statusOf(real)).toBe('active');
  expect(await standing()).toBe('needs_approval');
});

test('of many that are held the oldest of the address that sends most leaves, and is logged', async () => {
  const real = await synced();
  const id = real.instance_id;
  const again = world.install(id);
  await takeInstall(world, again, { 'x-forwarded-for': '203.0.113.7' });
  const forgeries: Installed[] = [];
  for (let at = 0; at < 11; at += 1) {
    const one = await forged(id);
    await takeInstall(world, one, { 'x-forwarded-for': '198.51.100.1' });
    forgeries.push(one);
  }
  expect(await statusOf(again)).toBe('held INSTALL_HELD');
  const standing = await Promise.all(forgeries.map(statusOf));
  expect(standing.slice(0, 2)).toEqual(['refused INSTALL_HELD', 'refused INSTALL_HELD']);
  expect(new Set(standing.slice(2))).toEqual(new Set(['held INSTALL_HELD']));
  const events = world.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const left = events.filter(({ msg }) => msg === 'install.crowded_out');
  expect(left.map(({ installId, client }) => [installId, client])).toEqual(
    forgeries.slice(0, 2).map((one) => [one.installed_app_id, '198.51.100.1']),
  );
  expect((await world.view(id)).ledger?.installId).toBe(real.installed_app_id);
});
