import { setTimeout as sleep } from 'node:timers/promises';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { describeSchedule } from '../../src/temporal/schedules';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld();
});
afterAll(() => world.close());

const intentsOf = (instanceId: string) =>
  world.db.query<{ kind: string }>('select kind from intents where instance_id = $1', [instanceId]);
const keyOf = async (installId: string) => {
  const [row] = await world.db.query<{ key: string | null; status: string }>(
    'select api_key as key, status from installs where install_id = $1',
    [installId],
  );
  return row;
};

describe('an install', () => {
  it('is taken at once, with its key sealed, and waits for a Stripe account', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId);
    expect(await world.post(installed)).toEqual({ status: 200, body: { received: 'taken' } });
    expect((await world.view(instanceId)).standing).toBe('checking');
    expect(await keyOf(installed.installed_app_id)).toMatchObject({
      status: 'pending',
      key: expect.stringMatching(/^v1\.k1\./) as string,
    });
    await world.reconcile(instanceId);
    expect(await world.view(instanceId)).toMatchObject({
      standing: 'needs_stripe',
      missing: [],
      ledger: { keyPrefix: installed.api_key_prefix },
      stripe: null,
    });
    expect(await describeSchedule(world.client, instanceId)).toBeUndefined();
  });

  it('is taken once, also when it comes twenty times at the same time', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.post(installed)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
    const taken = answers.filter(({ body }) => (body as { received: string }).received === 'taken');
    expect(taken).toHaveLength(1);
    expect(await intentsOf(instanceId)).toHaveLength(1);
  });

  it('after its own uninstall is dead, and its key is never stored', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId);
    expect((await world.post(world.uninstall(installed))).status).toBe(200);
    expect((await world.post(installed)).status).toBe(200);
    await world.reconcile(instanceId);
    expect(await keyOf(installed.installed_app_id)).toEqual({ status: 'uninstalled', key: null });
    expect((await world.view(instanceId)).standing).toBe('inactive');
  });

  it('without data:write has no way to sync, and says so', async () => {
    const instanceId = newInstanceId();
    await world.post(world.install(instanceId, { rights: ['data:read'] }));
    await world.reconcile(instanceId);
    expect(await world.view(instanceId)).toMatchObject({
      standing: 'needs_write',
      missing: ['data:write', 'alerts:write'],
    });
  });
});

describe('an install for an instance that is in force', () => {
  it('replaces nothing while its key does not work there', async () => {
    const instanceId = newInstanceId();
    const first = world.install(instanceId);
    await world.post(first);
    await world.reconcile(instanceId);
    const forged = world.install(instanceId, { keyWorks: false });
    // The forger's own key, good for another instance.
    world.blnk.keys.cloud.set(forged.api_key, {
      instanceId: newInstanceId(),
      permissions: ['data:read', 'data:write'],
    });
    expect((await world.post(forged)).status).toBe(200);
    await world.reconcile(instanceId);
    expect(await world.view(instanceId)).toMatchObject({
      standing: 'needs_stripe',
      ledger: { installId: first.installed_app_id },
    });
    expect(await keyOf(first.installed_app_id)).toMatchObject({ status: 'active' });
  });

  it('replaces it once the old key is revoked and its own works there; the old one is erased', async () => {
    const instanceId = newInstanceId();
    const [first, second] = [world.install(instanceId), world.install(instanceId)];
    await world.post(first);
    await world.reconcile(instanceId);
    world.blnk.keys.cloud.delete(first.api_key);
    await world.post(second);
    await world.reconcile(instanceId);
    expect((await world.view(instanceId)).ledger?.installId).toBe(second.installed_app_id);
    expect(await keyOf(first.installed_app_id)).toEqual({ status: 'replaced', key: null });
    // Late, and about one that is not in force any more.
    await world.post(world.uninstall(first));
    await world.reconcile(instanceId);
    expect((await world.view(instanceId)).standing).toBe('needs_stripe');
  });

  it('whose key Blnk lets in only later is in force from then on', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId, { keyWorks: false });
    await world.post(installed);
    await world.reconcile(instanceId);
    expect(await world.view(instanceId)).toMatchObject({
      standing: 'checking',
      problem: 'BLNK_KEY_REJECTED',
    });
    const permissions = ['data:read', 'data:write'] as const;
    world.blnk.keys.cloud.set(installed.api_key, { instanceId, permissions });
    await sleep(1_100);
    await world.reconcile(instanceId);
    expect((await world.view(instanceId)).standing).toBe('needs_stripe');
  });
});

describe('an uninstall', () => {
  it('erases the key and ends the instance, once', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId);
    await world.post(installed);
    await world.reconcile(instanceId);
    const call = world.uninstall(installed);
    expect((await world.post(call)).body).toEqual({ received: 'taken' });
    expect(await keyOf(installed.installed_app_id)).toEqual({ status: 'uninstalled', key: null });
    expect((await world.view(instanceId)).standing).toBe('inactive');
    expect((await world.post(call)).body).toEqual({ received: 'repeat' });
    await world.reconcile(instanceId);
    expect(
      await world.db.query('select 1 from intents where instance_id = $1 and done_at is null', [
        instanceId,
      ]),
    ).toEqual([]);
  });

  it('that names another app or instance changes nothing', async () => {
    const instanceId = newInstanceId();
    const installed = world.install(instanceId);
    await world.post(installed);
    await world.reconcile(instanceId);
    for (const wrong of [{ app_id: 'app_other' }, { instance_id: newInstanceId() }]) {
      const answer = await world.post({ ...world.uninstall(installed), ...wrong });
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'INSTALL_MISMATCH' } } });
      expect(JSON.stringify(answer.body)).not.toContain(installed.installed_app_id);
    }
    expect((await world.view(instanceId)).standing).toBe('needs_stripe');
    // The right one is still to come, and is no repeat.
    expect((await world.post(world.uninstall(installed))).body).toEqual({ received: 'taken' });
  });
});

describe('the address', () => {
  it('does not exist without its secret, whatever is sent', async () => {
    const installed = world.install(newInstanceId());
    const unknown = await world.post(installed, '/api/unknown');
    expect(unknown.status).toBe(404);
    for (const path of [
      '/api/callback',
      '/api/callback/',
      '/api/callback/wrong',
      `/api/callback/${world.secret}x`,
    ]) {
      expect(await world.post(installed, path)).toEqual(unknown);
    }
    expect(await world.post('{', '/api/callback/wrong')).toEqual(unknown);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['an empty body', ''],
    ['null', 'null'],
    ['an array', []],
    ['nothing known', { hello: 'world' }],
    ['a key without a prefix', { ...validInstall(), idempotency_key: 'x' }],
    ['another kind of event', { ...validInstall(), idempotency_key: 'launch:instapp_1' }],
    ['an install without a key', { ...validInstall(), api_key: undefined }],
    ['an id of another form', { ...validInstall(), instance_id: "inst_1'; drop table x" }],
    ['a NUL', { ...validInstall(), instance_id: 'inst_\u0000' }],
    ['a number for an id', { ...validInstall(), app_id: 1 }],
    ['rights that are no list', { ...validInstall(), granted_permissions: 'data:read' }],
    ['a prototype', '{"__proto__": {"api_key": "x"}}'],
  ])('refuses %s with a code', async (_what, body) => {
    const answer = await world.post(body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'PAYLOAD_INVALID' } } });
  });

  it('refuses what is too long, and what is no JSON by its type', async () => {
    const long = await world.post({ ...validInstall(), extra: 'x'.repeat(100_000) });
    expect(long).toMatchObject({ status: 413, body: { error: { code: 'PAYLOAD_INVALID' } } });
    const nested = '['.repeat(14_000_000);
    // The connection may end before all of it was sent: then there is no answer to read.
    const cut = await world.post(nested).catch(() => undefined);
    expect(cut?.status ?? 413).toBe(413);
    expect((await world.post('['.repeat(65_000))).status).toBe(400);
    const typed = await fetch(`${world.url}/api/callback/${world.secret}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(validInstall()),
    });
    expect(typed.status).toBe(415);
  });

  it('lets itself be shown in a frame of Blnk only', async () => {
    const { headers } = await fetch(`${world.url}/healthz`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain(
      "frame-ancestors 'self' https://blnkfinance.com https://*.blnkfinance.com",
    );
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

it('no log holds the secret of the address or a key, and each request has its line', () => {
  const text = world.log.join('');
  expect(text).toContain('"route":"/api/callback/:secret"');
  expect(text).not.toContain(world.secret);
  expect(text).not.toContain('hush');
});

it('no row holds a key in clear', async () => {
  for (const table of ['installs', 'instances', 'install_events', 'intents']) {
    const rows = await world.db.query(`select * from ${table}`);
    expect(JSON.stringify(rows)).not.toContain('hush');
  }
});

function validInstall() {
  return {
    installed_app_id: 'instapp_1',
    app_id: 'app_1',
    instance_id: 'inst_1',
    api_key: 'blnk_1',
    api_key_prefix: 'blnk',
    granted_permissions: ['data:read'],
    idempotency_key: 'install:instapp_1',
  };
}
