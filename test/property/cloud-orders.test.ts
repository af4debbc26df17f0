/**
 * Blnk's calls in any order and number, and restarts in between: the outcome is what the dashboard says.
 * The dashboard is the stand-in's; a post office takes its calls and delivers them as the property wants.
 */
import fc from 'fast-check';
import type { Install } from '../../sandbox/blnk/apps';
import { describeSchedule } from '../../src/temporal/schedules';
import { startAppDouble, type AppDouble } from '../support/worlds/app-double';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { runs } from '../support/property-runs';

let world: CloudWorld;
let office: AppDouble;
beforeAll(async () => {
  world = await startCloudWorld();
  office = await startAppDouble();
  const [callback_url, portal_url] = [`${office.url}/callback`, `${office.url}/portal`];
  await world.blnk.apps.register({ app_id: 'app_test', callback_url, portal_url });
});
afterAll(() => Promise.all([world.close(), office.close()]));

const ALL = ['data:read', 'data:write', 'alerts:write'] as const;

/** What its owner does at each of three instances: install where there is none, else uninstall. */
const story = fc.array(fc.nat(2), { minLength: 1, maxLength: 9 });
/** Where each call comes in the order of delivery, which may repeat it, and what happens after it. */
const delivery = fc.record({
  places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 }),
  repeats: fc.array(fc.nat(8), { maxLength: 6 }),
  reconciled: fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
});

async function live(instances: readonly string[], steps: readonly number[]): Promise<void> {
  const standing = new Map<string, Install>();
  for (const step of steps) {
    const instanceId = instances[step]!;
    const installed = standing.get(instanceId);
    standing.delete(instanceId);
    if (installed) await world.blnk.apps.uninstall(installed.installed_app_id);
    else standing.set(instanceId, (await world.blnk.apps.install(instanceId, ALL)).install);
  }
}

async function expectAsInDashboard(instanceId: string): Promise<void> {
  const installs = world.blnk.apps.list().filter((one) => one.instance_id === instanceId);
  const standing = installs.find(({ status }) => status === 'installed');
  const rows = await world.db.query<{ id: string; status: string; key: string | null }>(
    'select install_id as id, status, api_key as key from installs where instance_id = $1',
    [instanceId],
  );
  expect(rows).toHaveLength(installs.length);
  for (const { id, ...row } of rows) {
    if (id === standing?.installed_app_id) expect(row.status).toBe('active');
    else expect(row).toEqual({ status: 'uninstalled', key: null });
  }
  const view = await world.view(instanceId);
  expect(view.standing).toBe(standing ? 'needs_stripe' : 'inactive');
  expect(view.ledger?.installId).toBe(standing?.installed_app_id);
  expect(await describeSchedule(world.client, instanceId)).toBeUndefined();
  const open = await world.db.query(
    'select kind from intents where instance_id = $1 and done_at is null',
    [instanceId],
  );
  expect(open).toEqual([]);
}

test('whatever comes first, twice or late: in force is what the dashboard says', async () => {
  await fc.assert(
    fc.asyncProperty(story, delivery, async (steps, { places, repeats, reconciled }) => {
      const instances = [newInstanceId(), newInstanceId(), newInstanceId()];
      const from = office.calls.length;
      await live(instances, steps);
      const calls = office.calls.slice(from).map(({ body }) => body);
      const repeated = repeats.filter((at) => at < calls.length).map((at) => calls[at]!);
      const shuffled = calls
        .map((call, at) => ({ call, place: places[at]! }))
        .sort((a, b) => a.place - b.place)
        .map(({ call }) => call);
      for (const [at, call] of [...shuffled, ...repeated].entries()) {
        expect((await world.post(call)).status).toBe(200);
        if (reconciled[at] === true) await world.reconcile(String(call['instance_id']));
      }
      for (const instanceId of new Set(calls.map((call) => String(call['instance_id'])))) {
        // What was put off for a second is due.
        await world.db.query('update intents set next_at = now() where instance_id = $1', [
          instanceId,
        ]);
        await world.reconcile(instanceId);
        await expectAsInDashboard(instanceId);
      }
    }),
    runs(40),
  );
}, 300_000);
