/** Connected instances beside a worker: what follows from installs, connections and uninstalls. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectStripe,
  inspectStripe,
  type Confirmation,
} from '../../src/instances/connect-stripe';
import { Secret } from '../../src/secret';
import { startAdhocSync } from '../../src/temporal/syncs';
import { describeSchedule } from '../../src/temporal/schedules';
import { listSyncs } from '../../src/store/syncs';
import { FORGET_WATERMARKS } from '../support/databases/forget-watermarks';
import { startWorker } from '../support/worlds/cli-worker';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import {
  newInstanceId,
  startCloudWorld,
  LIVE_KEY,
  NEVER,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';

const signal = () => AbortSignal.timeout(120_000);

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker });
});
afterAll(() => world.close());

async function installed(rights?: Parameters<CloudWorld['install']>[1]): Promise<Installed> {
  const install = world.install(newInstanceId(), rights);
  await world.post(install);
  await world.reconcile(install.instance_id);
  return install;
}

async function connect(instanceId: string, more: Partial<Confirmation> = {}): Promise<void> {
  await connectSandboxStripe(world.deps, instanceId, more);
  await world.reconcile(instanceId);
}

async function sync(instanceId: string) {
  const started = await startAdhocSync(world.client, { instanceId, trigger: 'cli' });
  await started.handle.result().catch(() => undefined);
  return (await listSyncs(world.db, instanceId, 1))[0]!;
}

const bookedOf = () => world.blnk.ledger.rows.length;
const pay = async (count: number) => {
  for (let at = 0; at < count; at += 1) await world.stripe.world.pay({ amount: 100 + at });
};

it('syncs once a Stripe account is connected, by a schedule of its own', async () => {
  const { instance_id: id } = await installed();
  await pay(3);
  expect(await sync(id)).toMatchObject({ status: 'failed', error: 'STRIPE_NOT_CONNECTED' });
  expect(bookedOf()).toBe(0);
  await connect(id);
  expect(await world.view(id)).toMatchObject({
    standing: 'ready',
    stripe: { livemode: false, shared: false },
  });
  expect(await describeSchedule(world.client, id)).toMatchObject({ cron: NEVER });
  expect(await sync(id)).toMatchObject({ status: 'completed', counts: { posted: 3 } });
});

it('stops with the postings that are in line when the app is uninstalled in the middle of a sync', async () => {
  const install = await installed();
  const id = install.instance_id;
  await pay(400);
  await connect(id);
  const before = bookedOf();
  world.blnk.faults.add({ path: '/proxy/transactions', fault: { kind: 'delay', ms: 30 } });
  const started = await startAdhocSync(world.client, { instanceId: id, trigger: 'cli' });
  while (bookedOf() < before + 10) await sleep(2);
  expect((await world.post(world.uninstall(install))).status).toBe(200);
  const atUninstall = bookedOf();
  await world.reconcile(id);
  await started.handle.result().catch(() => undefined);
  await sleep(1_200);
  await world.reconcile(id);
  // Three pages are sent at once, each with 16 postings in line and at most 25 that begin from one look on.
  expect(bookedOf() - atUninstall).toBeLessThanOrEqual(3 * (16 + 25));
  expect(await describeSchedule(world.client, id)).toBeUndefined();
  const [row] = await listSyncs(world.db, id, 1);
  expect(['cancelled', 'failed']).toContain(row!.status);
  const open = await world.db.query(
    'select 1 from intents where instance_id = $1 and done_at is null',
    [id],
  );
  expect(open).toEqual([]);
});

it('without data:read posts all the same, and sets aside what it finds taken', async () => {
  const { instance_id: id } = await installed({ rights: ['data:write'] });
  await connect(id);
  // What other instances have posted: they share the ledger of the stand-in.
  const held = bookedOf();
  const all = world.stripe.world.totals().succeeded + 1;
  const intent = await world.stripe.world.pay({ amount: 777 });
  expect(await sync(id)).toMatchObject({
    status: 'completed_with_problems',
    counts: { posted: all - held, quarantined: held },
    reasons: { EXISTS_UNVERIFIED: held },
  });
  // Listed again, what we posted is known by our own row.
  await world.db.query(FORGET_WATERMARKS, [id]);
  const again = await sync(id);
  expect(again).toMatchObject({ counts: { alreadyPosted: all - held, posted: 0 } });
  const [row] = await world.db.query<{ state: string }>(
    'select state from movements where instance_id = $1 and movement_id = $2',
    [id, intent.id],
  );
  expect(row).toEqual({ state: 'already_posted' });
});

it('pauses its schedule when Blnk refuses the key, and goes on once it works again', async () => {
  const install = await installed();
  const id = install.instance_id;
  await connect(id);
  const key = world.blnk.keys.cloud.get(install.api_key)!;
  world.blnk.keys.cloud.delete(install.api_key);
  expect(await sync(id)).toMatchObject({ status: 'failed', error: 'BLNK_KEY_REJECTED' });
  expect(await describeSchedule(world.client, id)).toMatchObject({
    pausedByUs: true,
    note: expect.stringContaining('BLNK_KEY_REJECTED') as string,
  });
  world.blnk.keys.cloud.set(install.api_key, key);
  await connect(id);
  expect(await describeSchedule(world.client, id)).toMatchObject({ paused: false });
});

it('a forged install gets no pay-in, whether its instance is known or not', async () => {
  await pay(1);
  const before = bookedOf();
  const own = await installed();
  const known = await installed();
  await connect(known.instance_id);
  const forged = world.install(known.instance_id, { keyWorks: false });
  await world.post(forged);
  await world.reconcile(known.instance_id);
  // With an instance of the forger's own, where the key does work.
  expect(await sync(own.instance_id)).toMatchObject({ error: 'STRIPE_NOT_CONNECTED' });
  expect(bookedOf()).toBe(before);
  expect((await world.view(known.instance_id)).ledger?.installId).toBe(known.installed_app_id);
});

it('keeps what was synced over a re-install, and no access to Stripe', async () => {
  const install = await installed();
  const id = install.instance_id;
  await connect(id);
  const first = await sync(id);
  expect(first.status).toBe('completed');
  await world.post(world.uninstall(install));
  await world.reconcile(id);
  const again = world.install(id);
  await world.post(again);
  await world.reconcile(id);
  expect(await world.view(id)).toMatchObject({ standing: 'needs_stripe', stripe: null });
  expect(await sync(id)).toMatchObject({ error: 'STRIPE_NOT_CONNECTED' });
  await connect(id);
  expect(await sync(id)).toMatchObject({ status: 'completed', counts: { found: 0 } });
});

it('refuses a key of another mode or account unless it is changed on purpose', async () => {
  const { instance_id: id } = await installed();
  await connect(id);
  expect((await sync(id)).status).toBe('completed');
  const live = new Secret(LIVE_KEY);
  const offer = await inspectStripe(world.deps, id, live, signal());
  expect(offer).toMatchObject({ livemode: true, differs: 'mode', needsSince: true });
  const confirmed = {
    account: offer.account,
    livemode: true,
    change: false,
    since: 'all' as const,
  };
  const refused = connectStripe(world.deps, id, live, confirmed, signal());
  await expect(refused).rejects.toMatchObject({ code: 'STRIPE_SOURCE_DIFFERS' });
  const unsaid = { ...confirmed, change: true, since: undefined };
  const silent = connectStripe(world.deps, id, live, unsaid, signal());
  await expect(silent).rejects.toMatchObject({ code: 'SYNC_SINCE_REQUIRED' });
  await connectStripe(world.deps, id, live, { ...confirmed, change: true }, signal());
  expect((await world.view(id)).stripe).toMatchObject({ livemode: true });
  expect((await world.view(id)).since).toBe('all');
});
