/**
 * What Blnk Cloud does with an app, as its public guide tells it: installs, uninstalls, launches, keys
 * and permissions. Always on the stand-in: no Blnk Cloud can be run beside a test.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startBlnkStandIn,
  type BlnkStandIn,
  type BlnkStandInOptions,
} from '../../sandbox/blnk/start';
import { startAppDouble, type AppDouble } from '../support/worlds/app-double';
import { readAnswer } from './support';

let app: AppDouble;
let folder: string;
let open: BlnkStandIn[];
beforeEach(async () => {
  app = await startAppDouble();
  folder = await mkdtemp(join(tmpdir(), 'blnk-apps-'));
  open = [];
});
afterEach(async () => {
  await Promise.all([app.close(), ...open.map((cloud) => cloud.close())]);
  await rm(folder, { recursive: true });
});

async function start(options: BlnkStandInOptions = {}): Promise<BlnkStandIn> {
  const cloud = await startBlnkStandIn(options);
  open.push(cloud);
  await ask(cloud, 'PUT', '/sandbox/app', {
    app_id: 'app_1',
    callback_url: `${app.url}/callback`,
    portal_url: `${app.url}/portal`,
  });
  return cloud;
}

async function ask(cloud: BlnkStandIn, method: string, path: string, body?: unknown, key = '') {
  const { status, json } = await readAnswer(
    await fetch(cloud.url + path, {
      method,
      redirect: 'manual',
      headers: { Authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  return { status, json: json as Record<string, unknown> };
}

const install = async (cloud: BlnkStandIn, body: Record<string, unknown> = {}) => {
  const { status, json } = await ask(cloud, 'POST', '/sandbox/installs', {
    instance_id: 'inst_1',
    ...body,
  });
  const key = String(app.calls.at(-1)?.body['api_key']);
  return { status, json, key, id: String(json['installed_app_id']) };
};
const read = (cloud: BlnkStandIn, key: string, instance = 'inst_1') =>
  ask(cloud, 'GET', `/data/transactions?instance_id=${instance}`, undefined, key);
const post = (cloud: BlnkStandIn, key: string, body: unknown = {}, instance = 'inst_1') =>
  ask(cloud, 'POST', `/proxy/transactions?instance_id=${instance}`, body, key);

test('an install calls the app once, with a key for that instance and an idempotency key', async () => {
  const cloud = await start();
  const { status, json, key, id } = await install(cloud, {
    granted_permissions: ['data:read', 'alerts:write'],
  });
  expect(status).toBe(201);
  expect(app.calls).toEqual([
    {
      path: 'POST /callback',
      body: {
        installed_app_id: expect.stringMatching(/^instapp_/) as string,
        app_id: 'app_1',
        instance_id: 'inst_1',
        api_key: expect.stringMatching(/^blnk_/) as string,
        api_key_prefix: key.slice(0, 8),
        granted_permissions: ['data:read', 'alerts:write'],
        idempotency_key: `install:${id}`,
      },
    },
  ]);
  expect(json).toMatchObject({ status: 'installed', call: { status: 200 } });
  // Only the app is told the key.
  expect(JSON.stringify(json)).not.toContain(key);
  const tried = [await read(cloud, key), await read(cloud, key, 'inst_2'), await post(cloud, key)];
  expect(tried.map((answer) => answer.status)).toEqual([200, 403, 403]);
});

test.each([
  ['refuses', { status: 500 }, 500],
  ['sends elsewhere', { status: 302 }, 302],
  ['does not answer', null, null],
] as const)(
  'an install that the app %s is cancelled, and its key is dead',
  async (_how, answer, status) => {
    const cloud = await start({ callLimitMs: 200 });
    app.answer(answer);
    const installed = await install(cloud);
    expect(installed.status).toBe(502);
    expect(installed.json).toMatchObject({ status: 'cancelled', call: { status } });
    expect((await read(cloud, installed.key)).status).toBe(401);
    const ended = await ask(cloud, 'POST', '/sandbox/launches', { installed_app_id: installed.id });
    expect(ended.status).toBe(404);
    expect(app.calls).toHaveLength(1);
  },
);

test('an uninstall that the app takes revokes the key; else the install stays', async () => {
  const cloud = await start();
  const { key, id } = await install(cloud);
  const uninstall = () => ask(cloud, 'POST', '/sandbox/uninstalls', { installed_app_id: id });
  app.answer({ status: 503 });
  expect(await uninstall()).toMatchObject({ status: 502, json: { status: 'installed' } });
  expect((await read(cloud, key)).status).toBe(200);
  app.answer({ status: 200 });
  expect(await uninstall()).toMatchObject({ status: 200, json: { status: 'uninstalled' } });
  expect((await read(cloud, key)).status).toBe(401);
  expect(app.calls.at(-1)?.body).toEqual({
    installed_app_id: id,
    app_id: 'app_1',
    instance_id: 'inst_1',
    uninstalled_at: expect.any(String) as string,
    idempotency_key: `uninstall:${id}`,
  });
  expect((await uninstall()).status).toBe(404);
});

test('a launch asks the app for an address each time, and a browser is sent there', async () => {
  const cloud = await start();
  const { id } = await install(cloud);
  app.answer({ status: 200, body: { portal_url: 'https://app.example.com/portal?token=1' } });
  const launched = await ask(cloud, 'POST', '/sandbox/launches', { installed_app_id: id });
  expect(launched.json).toEqual({ portal_url: 'https://app.example.com/portal?token=1' });
  expect(app.calls.at(-1)).toEqual({
    path: 'POST /portal',
    body: { installed_app_id: id, app_id: 'app_1', instance_id: 'inst_1' },
  });
  const opened = await fetch(`${cloud.url}/sandbox/portal`, { redirect: 'manual' });
  expect(opened.status).toBe(303);
  expect(opened.headers.get('location')).toBe('https://app.example.com/portal?token=1');
  for (const body of [{}, { portal_url: 'javascript:alert(1)' }]) {
    app.answer({ status: 200, body });
    expect((await ask(cloud, 'POST', '/sandbox/launches', {})).status).toBe(502);
  }
});

test('a permission that is taken away ends what it allowed at once', async () => {
  const cloud = await start();
  const { key, id } = await install(cloud);
  const restrict = (granted_permissions: string[]) =>
    ask(cloud, 'POST', '/sandbox/permissions', { installed_app_id: id, granted_permissions });
  const tried = async () => [(await read(cloud, key)).status, (await post(cloud, key)).status];
  expect(await tried()).toEqual([200, 400]);
  expect((await restrict(['data:read'])).status).toBe(200);
  expect(await tried()).toEqual([200, 403]);
  await restrict(['data:write']);
  expect(await tried()).toEqual([403, 400]);
  await restrict(['data:read', 'data:write']);
  expect(await tried()).toEqual([200, 400]);
});

test('each instance has a ledger of its own, beside that of Core', async () => {
  const cloud = await start();
  const { key } = await install(cloud);
  const { key: other } = await install(cloud, { instance_id: 'inst_2' });
  const payIn = {
    ...{ precise_amount: 1, precision: 100, currency: 'USD', reference: 'pi_1' },
    ...{ source: '@stripe', destination: '@cus_1', description: 'x' },
    ...{ allow_overdraft: true, skip_queue: true },
  };
  expect((await post(cloud, key, payIn)).status).toBe(201);
  expect((await post(cloud, key, payIn)).status).toBe(409);
  expect((await post(cloud, other, payIn, 'inst_2')).status).toBe(201);
  const held = ['', '?instance_id=inst_1', '?instance_id=inst_2'].map(async (query) => {
    const totals = await ask(cloud, 'GET', `/sandbox/totals${query}`);
    return totals.json['transactions'];
  });
  expect(await Promise.all(held)).toEqual([0, 1, 1]);
});

test('installs, their keys and their ledgers survive a restart', async () => {
  const journal = join(folder, 'blnk.jsonl');
  const before = await start({ journal });
  const { key, id } = await install(before);
  const { key: gone, id: ended } = await install(before);
  await ask(before, 'POST', '/sandbox/uninstalls', { installed_app_id: ended });
  await post(before, key, {
    ...{ precise_amount: 1, precision: 100, currency: 'USD', reference: 'pi_1' },
    ...{ source: '@stripe', destination: '@cus_1', description: 'x' },
    ...{ allow_overdraft: true, skip_queue: true },
  });
  await before.close();
  open = [];

  const after = await startBlnkStandIn({ journal });
  open.push(after);
  expect((await read(after, key)).json).toMatchObject({ total: 1 });
  expect((await read(after, gone)).status).toBe(401);
  app.answer({ status: 200, body: { portal_url: 'https://app.example.com/' } });
  const launched = await ask(after, 'POST', '/sandbox/launches', { installed_app_id: id });
  expect(launched.status).toBe(200);
});

test('what the dashboard is asked wrongly it refuses, naming the field', async () => {
  const cloud = await start();
  for (const [path, body, named] of [
    ['/sandbox/installs', { instance_id: '../x' }, 'instance_id'],
    ['/sandbox/installs', { granted_permissions: ['data:delete'] }, 'granted_permissions'],
    ['/sandbox/uninstalls', {}, 'installed_app_id'],
    ['/sandbox/permissions', { installed_app_id: 'x' }, 'granted_permissions'],
  ] as const) {
    const { status, json } = await ask(cloud, 'POST', path, body);
    expect(status).toBe(400);
    expect(json['error']).toContain(named);
  }
});
