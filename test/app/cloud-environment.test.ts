/** Installs of the app for the instance of the environment, which posts with its own key whatever is installed. */
import { approve } from '../../src/instances/decide';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { findAccess } from '../../src/store/access';
import { ensureInstance } from '../../src/store/instances';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';
import { forgedInstall, statusOf, take } from '../support/worlds/forger';

const OWN = newInstanceId();

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    settings: {
      STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
      BLNK_INSTANCE_ID: OWN,
      BLNK_API_KEY: 'blnk_of_the_environment',
    },
  });
  world.blnk.keys.foreign = 'filter';
});
afterAll(() => world.close());

/** As its worker has made it. */
async function ofEnvironment(instanceId: string): Promise<string> {
  const balances = { source: '@stripe', guest: '@stripe-guest' };
  await ensureInstance(world.db, { instanceId, balances, syncSince: 'all' });
  await world.blnk.openLedgerOf(instanceId);
  return instanceId;
}

/** One payment that was posted, and that its ledger holds by this id. */
async function posted(instanceId: string, transactionId: string, reference: string) {
  await world.db.query(
    `insert into sources (source_id, instance_id, livemode, ledger_address, is_current, key_fingerprint)
     values ($1, $1, false, 'x', true, 'x')`,
    [instanceId],
  );
  await world.db.query(
    `insert into movements (kind, instance_id, source_id, movement_id, page_id, sync_id, state,
       reference, blnk_transaction_id, posted_at)
     values ('pay_in', $1, $1, $2, 'page_1', 'sync_1', 'posted', $3, $4, now())`,
    [instanceId, `pi_${instanceId}`, reference, transactionId],
  );
}

async function post(installed: Installed, reference: string): Promise<string> {
  const answer = await fetch(
    `${world.blnk.url}/proxy/transactions?instance_id=${installed.instance_id}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${installed.api_key}` },
      body: JSON.stringify({
        ...{ precise_amount: 100, precision: 100, reference, currency: 'USD', description: 'x' },
        ...{ source: '@a', destination: '@b', allow_overdraft: true, skip_queue: true },
      }),
    },
  );
  return ((await answer.json()) as { transaction_id: string }).transaction_id;
}

const originOf = async (id: string) => (await findAccess(world.db, id))?.origin;

test.each([
  ['of this program', OWN],
  ['of another program', newInstanceId()],
])(
  'for an instance of the environment %s, one is held until it shows what was posted',
  async (_whose, id) => {
    await ofEnvironment(id);
    const [real, rival] = [world.install(id), await forgedInstall(world, id)];
    await take(world, rival);
    await take(world, real);
    expect([await statusOf(world, rival), await statusOf(world, real)]).toEqual([
      'held INSTALL_UNPROVEN',
      'held INSTALL_UNPROVEN',
    ]);
    // Neither gets into the portal, where all of its payments are shown.
    await expect(world.launch(rival)).rejects.toThrow('409');

    const reference = `stripe_${id}`;
    await posted(id, await post(real, reference), reference);
    await world.db.query('update intents set next_at = now() where instance_id = $1', [id]);
    await world.reconcile(id);
    expect([await statusOf(world, rival), await statusOf(world, real)]).toEqual([
      expect.stringMatching(/^held/),
      'active',
    ]);
    // It keeps its own key and schedule, and so it does once the app is uninstalled.
    expect(await originOf(id)).toBe('environment');
    await world.post(world.uninstall(real));
    await world.reconcile(id);
    expect(await findAccess(world.db, id)).toMatchObject({
      origin: 'environment',
      status: 'active',
    });
  },
);

test('whoever runs the program can approve one before anything was posted', async () => {
  const id = await ofEnvironment(newInstanceId());
  const real = world.install(id);
  await take(world, real);
  expect(await approve(world.deps, id, undefined)).toBe(real.installed_app_id);
  expect(await statusOf(world, real)).toBe('active');
  expect(await findAccess(world.db, id)).toMatchObject({ origin: 'environment', status: 'active' });
  expect(await world.launch(real)).toContain('/portal/open/');
});
