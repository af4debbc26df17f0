/** What is written down of whoever calls: from where, about which install and which instance. */
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { forgedInstall, send, take } from '../support/worlds/forger';
import { openPortal } from '../support/worlds/portal-visitor';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({
    strangersPerMinute: 2,
    settings: { TRUSTED_PROXIES: 'loopback' },
  });
});
afterAll(() => world.close());

const FROM = { 'x-forwarded-for': '203.0.113.7' };

const eventsOf = (name: string) =>
  world.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === name);

test('calls, launches and what is done in the portal are logged with client, install and instance', async () => {
  const instanceId = newInstanceId();
  const installed = world.install(instanceId);
  const installId = installed.installed_app_id;
  await take(world, installed, FROM);
  const all = { client: '203.0.113.7', installId, instanceId };
  expect(eventsOf('callback.taken')).toContainEqual(
    expect.objectContaining({ ...all, kind: 'install', received: 'taken' }),
  );
  expect(eventsOf('install.in_force')).toContainEqual(expect.objectContaining(all));

  const portal = await openPortal(world, installed);
  await portal.post('/stripe/discard');
  const here = { client: '127.0.0.1', installId, instanceId };
  expect(eventsOf('launch.opened')).toContainEqual(expect.objectContaining(here));
  expect(eventsOf('portal.opened')).toContainEqual(
    expect.objectContaining({ client: '127.0.0.1', instanceId }),
  );
  expect(eventsOf('portal.action')).toContainEqual(
    expect.objectContaining({ ...here, action: 'stripe/discard' }),
  );

  await world.post(world.uninstall(installed));
  expect(eventsOf('callback.taken')).toContainEqual(
    expect.objectContaining({ ...here, kind: 'uninstall', received: 'taken' }),
  );
  await expect(world.launch(installed)).rejects.toThrow('409');
  expect(eventsOf('launch.refused')).toContainEqual(
    expect.objectContaining({ ...here, code: 'INSTALL_NOT_ACTIVE' }),
  );
});

test('a refused key, an install that is held and one that fits no other are logged alike', async () => {
  const instanceId = newInstanceId();
  const wrong = world.install(instanceId, { keyWorks: false });
  await take(world, wrong, FROM);
  const facts = (installId: string) => ({ client: '203.0.113.7', installId, instanceId });
  expect(eventsOf('install.key_refused')).toContainEqual(
    expect.objectContaining({ ...facts(wrong.installed_app_id), code: 'BLNK_KEY_REJECTED' }),
  );
  const real = world.install(instanceId);
  await take(world, real);
  world.blnk.keys.foreign = 'filter';
  const rival = await forgedInstall(world, instanceId);
  await take(world, rival, FROM);
  expect(eventsOf('install.held')).toContainEqual(
    expect.objectContaining({ ...facts(rival.installed_app_id), code: 'INSTALL_HELD' }),
  );
  const moved = { ...rival, instance_id: newInstanceId(), idempotency_key: 'install:other' };
  await expect(send(world, moved, FROM)).rejects.toThrow('409');
  expect(eventsOf('callback.refused')).toContainEqual(
    expect.objectContaining({ client: '203.0.113.7', code: 'INSTALL_MISMATCH' }),
  );
});

test('wrong secrets are logged with the client, as many as are answered, and then once that it is limited', async () => {
  for (let at = 0; at < 6; at += 1) {
    await fetch(`${world.url}/api/callback/wrong`, {
      method: 'POST',
      headers: { 'x-forwarded-for': '198.51.100.9' },
    });
  }
  const client = '198.51.100.9';
  expect(eventsOf('secret.wrong')).toEqual([
    expect.objectContaining({ client, route: '/api/callback/:secret' }),
    expect.objectContaining({ client, route: '/api/callback/:secret' }),
  ]);
  expect(eventsOf('client.limited')).toEqual([expect.objectContaining({ client })]);
});
