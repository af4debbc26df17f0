/** The owner decides in the portal about an install that is held. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import {
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
  type Installed,
} from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { forgedInstall, statusOf, take } from '../support/worlds/forger';
import { openPortal } from '../support/worlds/portal-visitor';

const BOUND = newInstanceId();

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    settings: {
      STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
      STRIPE_KEY_INSTANCES: BOUND,
      TRUSTED_PROXIES: 'loopback',
    },
  });
  world.blnk.keys.foreign = 'filter';
});
afterAll(() => world.close());

/** Connected by its owner, and a second install of the same instance. */
async function withRival(id = newInstanceId()): Promise<{ real: Installed; rival: Installed }> {
  await world.blnk.openLedgerOf(id);
  const real = world.install(id);
  await take(world, real);
  const rival = await forgedInstall(world, id);
  await take(world, rival, { 'x-forwarded-for': '203.0.113.7' });
  return { real, rival };
}

const events = () => world.log.map((line) => JSON.parse(line) as Record<string, unknown>);

test('it is shown with when and from where it came and what it is, and with no key', async () => {
  const { real, rival } = await withRival();
  const { text, status } = await (await openPortal(world, real)).get('');
  expect(status).toBe(200);
  expect(text).toContain('An install waits');
  for (const shown of [rival.installed_app_id, '203.0.113.7', rival.api_key_prefix, 'Received']) {
    expect(text).toContain(shown);
  }
  expect(text).not.toContain(rival.api_key);
  const other = world.install(newInstanceId());
  await take(world, other);
  expect((await (await openPortal(world, other)).get('')).text).not.toContain('waits');
});

test('refused, its key is erased and the one in force goes on, with Stripe', async () => {
  const { real, rival } = await withRival();
  await connectSandboxStripe(world.deps, real.instance_id);
  const portal = await openPortal(world, real);
  const answer = await portal.post('/installs/refuse', { install: rival.installed_app_id });
  expect(answer.headers.get('location')).toMatch(/\?done=refused$/);
  expect((await portal.get('?done=refused')).text).toContain('The install was refused');
  expect(await statusOf(world, rival)).toBe('refused INSTALL_HELD');
  expect(await world.view(real.instance_id)).toMatchObject({
    standing: 'ready',
    ledger: { installId: real.installed_app_id },
  });
  expect((await portal.get('')).text).not.toContain('waits');
});

test('approved, it is in force without Stripe, and the session of the one before is over', async () => {
  const { real, rival } = await withRival();
  await connectSandboxStripe(world.deps, real.instance_id);
  const portal = await openPortal(world, real);
  const answer = await portal.post('/installs/approve', { install: rival.installed_app_id });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('The install is in force');
  expect(await statusOf(world, rival)).toBe('active');
  expect(await statusOf(world, real)).toBe('replaced');
  expect((await world.view(real.instance_id)).standing).toBe('needs_stripe');
  expect((await portal.get('')).status).toBe(401);
  expect(events()).toContainEqual(
    expect.objectContaining({
      ...{ msg: 'install.approved', client: '127.0.0.1', instanceId: real.instance_id },
      ...{ installId: real.installed_app_id, approved: rival.installed_app_id },
    }),
  );
});

test('the configured Stripe key is not given with it', async () => {
  const { real, rival } = await withRival(BOUND);
  const portal = await openPortal(world, real);
  await portal.post('/installs/approve', { install: rival.installed_app_id });
  expect(await statusOf(world, rival)).toBe('active');
  expect((await world.view(BOUND)).standing).toBe('needs_approval');
});

test('nobody decides about an install of another instance, one that is over, or from another site', async () => {
  const [one, two] = [await withRival(), await withRival()];
  const portal = await openPortal(world, one.real);
  for (const action of ['approve', 'refuse']) {
    const foreign = await portal.post(`/installs/${action}`, {
      install: two.rival.installed_app_id,
    });
    expect(foreign.headers.get('location')).toMatch(/\?problem=NOT_FOUND$/);
    const own = await portal.post(`/installs/${action}`, { install: one.real.installed_app_id });
    expect(own.headers.get('location')).toMatch(/\?problem=NOT_FOUND$/);
    const bad = await portal.post(`/installs/${action}`, { install: '' });
    expect(bad.status).toBe(400);
    const elsewhere = await portal.post(
      `/installs/${action}`,
      { install: one.rival.installed_app_id },
      { origin: 'https://evil.example.com' },
    );
    expect(elsewhere.status).toBe(403);
  }
  expect(await statusOf(world, one.rival)).toBe('held INSTALL_HELD');
  expect(await statusOf(world, two.rival)).toBe('held INSTALL_HELD');
});
