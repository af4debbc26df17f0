/** Alerts of connected instances: with the key of the install, as far as it may. */
import { alertOnce } from '../../src/alerts/loop';
import { listProblems } from '../../src/alerts/list';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { startAdhocSync } from '../../src/temporal/syncs';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';
import { startWorker } from '../support/worlds/cli-worker';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker });
});
afterAll(() => world.close());

/** An instance that is connected, and whose first sync has run into a conflict. */
async function inConflict(
  options: Parameters<CloudWorld['install']>[1],
): Promise<Installed & { readonly id: string }> {
  const install = world.install(newInstanceId(), options);
  const id = install.instance_id;
  await world.post(install);
  await world.reconcile(id);
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  const { id: payment } = await world.stripe.world.pay({ amount: 777 });
  await fetch(`${world.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'X-Blnk-Key': SANDBOX_BLNK_KEY },
    body: JSON.stringify({
      ...{ precise_amount: 1, precision: 100, currency: 'USD', reference: payment },
      ...{ source: '@stripe', destination: '@elsewhere', description: 'By hand' },
      ...{ allow_overdraft: true, skip_queue: true },
    }),
  });
  const started = await startAdhocSync(world.client, { instanceId: id, trigger: 'cli' });
  await started.handle.result();
  return { ...install, id };
}

async function rounds(id: string): Promise<void> {
  await world.db.query('update instances set look_at = now() where instance_id = $1', [id]);
  await world.db.query('update alert_channels set next_at = now() where instance_id = $1', [id]);
  while ((await alertOnce({ ...world.deps, webhook: undefined }, id)) > 0);
}

const problems = async (id: string) =>
  (await listProblems(world.db, id)).map(({ problem, told }) => [problem, ...told]);

test('are raised with the key of the install, and are no problem any more once it is uninstalled', async () => {
  const install = await inConflict({});
  await rounds(install.id);
  expect(await problems(install.id)).toEqual([['CONFLICT', 'cloud']]);
  expect(world.blnk.alerts.list(install.id)).toHaveLength(1);
  await world.post(world.uninstall(install));
  await world.reconcile(install.id);
  await rounds(install.id);
  expect(await problems(install.id)).toEqual([]);
  expect(world.blnk.alerts.list(install.id)).toHaveLength(1);
});

test('without alerts:write nobody is asked, and the problem is in our own list', async () => {
  const { id } = await inConflict({ rights: ['data:read', 'data:write'] });
  const asked = () => world.blnk.requests.list('/alerts');
  const before = asked().length;
  await rounds(id);
  expect(asked()).toHaveLength(before);
  // Conflicts of the test before are conflicts of this instance too: they share ledger and account.
  expect(new Set((await problems(id)).map(([problem]) => problem))).toEqual(new Set(['CONFLICT']));
  expect((await listProblems(world.db, id)).every(({ told }) => told.length === 0)).toBe(true);
});

test('without data:read the missing right is a problem as well', async () => {
  const { id } = await inConflict({ rights: ['data:write', 'alerts:write'] });
  await rounds(id);
  expect(new Set((await problems(id)).map(([problem]) => problem))).toEqual(
    new Set(['PERMISSION_MISSING']),
  );
});
