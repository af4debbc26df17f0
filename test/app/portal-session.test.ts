/** Who gets into the portal, with what, and for how long. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeSchedule, handleOf } from '../../src/temporal/schedules';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { openPortal, pathOf, request } from '../support/worlds/portal-visitor';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld();
});
afterAll(() => world.close());

async function install(instanceId = newInstanceId()) {
  const installed = world.install(instanceId);
  await world.post(installed);
  await world.reconcile(instanceId);
  return installed;
}
const idsOf = ({ installed_app_id, app_id, instance_id }: Awaited<ReturnType<typeof install>>) => ({
  installed_app_id,
  app_id,
  instance_id,
});
const launchPath = () => `/api/portal/${world.launchSecret}`;
const expire = (instanceId: string) =>
  world.db.query(`update portal_sessions set expires_at = now() where instance_id = $1`, [
    instanceId,
  ]);
const pageOf = (instanceId: string, cookie: string) =>
  request(world, `/portal/${instanceId}`, { headers: { cookie } });

describe('a launch', () => {
  it('gives a fresh address each time, whose token is stored as a hash only', async () => {
    const installed = await install();
    const [first, second] = [await world.launch(installed), await world.launch(installed)];
    expect(first).toMatch(/^https:\/\/app\.example\.com\/portal\/open\/[\w-]{43}$/);
    expect(first).not.toBe(second);
    const rows = await world.db.query('select * from portal_sessions where instance_id = $1', [
      installed.instance_id,
    ]);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(first.split('/').at(-1));
  });

  it('is refused for an install that is unknown, on trial, replaced or uninstalled', async () => {
    const instanceId = newInstanceId();
    const first = world.install(instanceId);
    const launch = async (of: typeof first) => {
      const answer = await world.post(idsOf(of), launchPath());
      // Nothing of what was sent is said back.
      expect(JSON.stringify(answer.body)).not.toContain(of.installed_app_id);
      return answer;
    };
    const refused = { status: 409, body: { error: { code: 'INSTALL_NOT_ACTIVE' } } };
    expect(await launch(first)).toMatchObject(refused);
    await world.post(first);
    expect(await launch(first)).toMatchObject(refused);
    await world.reconcile(instanceId);
    expect((await launch(first)).status).toBe(200);
    // Blnk has revoked its key: the next install takes its place.
    world.blnk.keys.cloud.delete(first.api_key);
    const second = await install(instanceId);
    expect(await launch(first)).toMatchObject(refused);
    await world.post(world.uninstall(second));
    expect(await launch(second)).toMatchObject(refused);
  });

  it('has to name all three ids as they belong together', async () => {
    const installed = await install();
    const other = await install();
    for (const wrong of [{ app_id: 'app_other' }, { instance_id: other.instance_id }]) {
      const answer = await world.post({ ...idsOf(installed), ...wrong }, launchPath());
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'INSTALL_MISMATCH' } } });
    }
    for (const wrong of [{ instance_id: undefined }, { installed_app_id: 7 }, { app_id: "'" }]) {
      const answer = await world.post({ ...idsOf(installed), ...wrong }, launchPath());
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'PAYLOAD_INVALID' } } });
    }
  });

  it('does not exist without the secret', async () => {
    const ids = idsOf(await install());
    const unknown = await world.post(ids, '/api/unknown');
    expect(unknown.status).toBe(404);
    expect(await world.post(ids, '/api/portal/wrong')).toEqual(unknown);
    expect(await world.post('{', `${launchPath()}x`)).toEqual(unknown);
    // The secret of the callback opens no portal.
    expect(await world.post(ids, `/api/portal/${world.secret}`)).toEqual(unknown);
  });
});

describe('the link of a launch', () => {
  it('becomes a cookie that works in a frame, and leaves the address', async () => {
    const installed = await install();
    const { setCookie, get } = await openPortal(world, installed);
    for (const word of ['__Host-portal-', 'HttpOnly', 'Secure', 'SameSite=None', 'Partitioned']) {
      expect(setCookie).toContain(word);
    }
    const opened = await request(world, pathOf(await world.launch(installed)));
    expect(opened.headers.get('location')).toBe(`/portal/${installed.instance_id}`);
    expect((await get('')).status).toBe(200);
  });

  it('works once; the browser that used it gets in again, another one does not', async () => {
    const installed = await install();
    const path = pathOf(await world.launch(installed));
    const opened = await request(world, path);
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
    const other = await request(world, path);
    expect(other.status).toBe(410);
    expect(other.headers.get('set-cookie')).toBeNull();
    expect(other.text).toContain('Open the app again from the Blnk dashboard');
    expect((await request(world, path, { headers: { cookie } })).status).toBe(303);
  });

  it.each<[string, Record<string, string>]>([
    ['a tab of its own', { 'sec-fetch-dest': 'document' }],
    ['a script', { 'sec-fetch-dest': 'empty' }],
    ['a browser that loads ahead', { 'sec-purpose': 'prefetch;prerender' }],
    ['an older one that loads ahead', { purpose: 'prefetch' }],
    ['one that shows a preview', { 'sec-fetch-dest': 'iframe', 'x-purpose': 'preview' }],
  ])('is not used up by %s', async (_who, headers) => {
    const path = pathOf(await world.launch(await install()));
    const refused = await request(world, path, { headers });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('PORTAL_OUTSIDE_FRAME');
    expect(refused.headers.get('set-cookie')).toBeNull();
    const inFrame = await request(world, path, { headers: { 'sec-fetch-dest': 'iframe' } });
    expect(inFrame.status).toBe(303);
  });

  it('is not used up by a HEAD', async () => {
    const path = pathOf(await world.launch(await install()));
    const head = await request(world, path, { method: 'HEAD' });
    expect(head.status).toBe(404);
    expect(head.headers.get('set-cookie')).toBeNull();
    expect((await request(world, path)).status).toBe(303);
  });

  it('opens one session when it is used twenty times at the same moment', async () => {
    const path = pathOf(await world.launch(await install()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(world, path)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
  });

  it('that nobody gave out is 401, and one that has expired 410', async () => {
    const unknown = await request(world, `/portal/open/${'x'.repeat(43)}`);
    expect(unknown.status).toBe(401);
    const installed = await install();
    const path = pathOf(await world.launch(installed));
    await expire(installed.instance_id);
    expect((await request(world, path)).status).toBe(410);
  });
});

describe('a session', () => {
  it('is asked for by every page and every action', async () => {
    const installed = await install();
    const home = `/portal/${installed.instance_id}`;
    const pages = [
      '',
      '/runs',
      '/runs/x',
      '/runs/csv',
      '/quarantine',
      '/quarantine/csv',
      '/quarantine/tried',
      '/payments/x',
      '/stripe',
      '/stripe/confirm',
    ];
    for (const page of [...pages, '/schedule', '/permissions', '/progress']) {
      expect({ page, status: (await request(world, home + page)).status }).toEqual({
        page,
        status: 401,
      });
    }
    const actions = [
      'sync',
      'cancel',
      'logout',
      'quarantine/retry',
      'quarantine/post',
      'quarantine/close',
      'stripe/disconnect',
      'stripe',
      'stripe/plan',
      'stripe/confirm',
      'stripe/discard',
    ];
    for (const action of [...actions, 'schedule', 'schedule/pause', 'schedule/resume']) {
      const init = { method: 'POST', body: new URLSearchParams({ token: 'x' }) };
      const { status } = await request(world, `${home}/${action}`, init);
      expect({ action, status }).toEqual({ action, status: 401 });
    }
  });

  it('ends after its time with a page that says what to do', async () => {
    const installed = await install();
    const { get, post } = await openPortal(world, installed);
    await expire(installed.instance_id);
    const page = await get('');
    expect(page.status).toBe(410);
    expect(page.text).toContain('Open the app again from the Blnk dashboard');
    expect(page.text).not.toContain(installed.instance_id);
    expect((await post('/sync')).status).toBe(410);
  });

  const secondsLeft = async (instanceId: string) => {
    const [row] = await world.db.query<{ left: number }>(
      `select extract(epoch from expires_at - now())::float8 as left from portal_sessions
       where instance_id = $1`,
      [instanceId],
    );
    return row!.left;
  };

  it('goes on while pages are opened, not while one is only left open', async () => {
    const { instance_id: id, ...installed } = await install();
    const { get } = await openPortal(world, { ...installed, instance_id: id });
    await world.db.query(
      `update portal_sessions set expires_at = now() + interval '2 minutes' where instance_id = $1`,
      [id],
    );
    await get('/progress');
    expect(await secondsLeft(id)).toBeLessThan(121);
    const { text } = await get('/runs');
    expect(await secondsLeft(id)).toBeGreaterThan(500);
    const told = Date.parse(/data-expires="([^"]+)"/.exec(text)![1]!);
    const [row] = await world.db.query<{ expiresAt: Date }>(
      'select expires_at as "expiresAt" from portal_sessions where instance_id = $1',
      [id],
    );
    expect(told).toBe(row!.expiresAt.getTime());
  });

  it('ends two hours after its launch, however much it is used', async () => {
    const { instance_id: id, ...installed } = await install();
    const { get } = await openPortal(world, { ...installed, instance_id: id });
    await world.db.query(
      `update portal_sessions set expires_at = now() + interval '2 minutes',
         launched_at = now() - interval '115 minutes' where instance_id = $1`,
      [id],
    );
    expect((await get('')).status).toBe(200);
    expect(await secondsLeft(id)).toBeLessThan(301);
  });

  it('ends by logging out: cookie and link open nothing any more', async () => {
    const installed = await install();
    const path = pathOf(await world.launch(installed));
    const { get, post, cookie } = await openPortal(world, installed);
    const forged = await post('/logout', { token: 'x' });
    expect(forged.status).toBe(403);
    expect((await get('')).status).toBe(200);
    const left = await post('/logout');
    expect(left.status).toBe(200);
    expect(left.text).toContain('You are logged out');
    expect(left.headers.get('set-cookie')).toMatch(/^__Host-portal-.*=;.*Secure/);
    expect((await get('')).status).toBe(401);
    expect((await pageOf(installed.instance_id, cookie)).status).toBe(401);
    // Another launch of the same owner is a session of its own.
    expect((await request(world, path)).status).toBe(303);
  });

  it('opens no other instance, under whatever name its cookie comes', async () => {
    const [own, other] = [await install(), await install()];
    const { cookie } = await openPortal(world, own);
    expect((await pageOf(other.instance_id, cookie)).status).toBe(401);
    const renamed = cookie.replace(own.instance_id, other.instance_id);
    expect((await pageOf(other.instance_id, renamed)).status).toBe(401);
  });

  it.each(['uninstalled', 'replaced'])('ends with an install that is %s', async (how) => {
    const installed = await install();
    const { get } = await openPortal(world, installed);
    const unopened = pathOf(await world.launch(installed));
    expect((await get('')).status).toBe(200);
    if (how === 'uninstalled') await world.post(world.uninstall(installed));
    else {
      // A key that works is replaced by nobody.
      world.blnk.keys.cloud.delete(installed.api_key);
      await install(installed.instance_id);
    }
    expect((await get('')).status).toBe(401);
    expect((await request(world, unopened)).status).toBe(401);
    const left = await world.db.query('select 1 from portal_sessions where install_id = $1', [
      installed.installed_app_id,
    ]);
    expect(left).toEqual([]);
  });

  it('takes 120 requests in a minute', async () => {
    const installed = await install();
    const { get } = await openPortal(world, installed);
    const answers: number[] = [];
    for (let at = 0; at < 125; at += 1) answers.push((await get('/permissions')).status);
    expect(answers.slice(0, 120)).toEqual(Array<number>(120).fill(200));
    expect(answers.slice(120)).toEqual(Array<number>(5).fill(429));
    expect((await (await openPortal(world, installed)).get('')).status).toBe(200);
  });

  it('leaves neither token nor cookie in the log', async () => {
    const installed = await install();
    const url = await world.launch(installed);
    const opened = await request(world, pathOf(url));
    const value = opened.headers.get('set-cookie')!.split(';')[0]!.split('=')[1]!;
    const log = world.log.join('');
    expect(log).toContain('/portal/open/:token');
    expect(log).not.toContain(url.split('/').at(-1));
    expect(log).not.toContain(value);
  });
});

it('a sync of the schedule that no worker has taken up is shown as what it is, and can be cancelled', async () => {
  const installed = await install();
  const { instance_id: id } = installed;
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  const { get, post } = await openPortal(world, installed);
  expect((await get('/progress')).text).toContain('data-state="idle"');
  const asked = await post('/cancel');
  expect(asked.headers.get('location')).toContain('problem=NOT_FOUND');
  await handleOf(world.client, id).trigger();
  while ((await describeSchedule(world.client, id))?.running.length === 0) await sleep(50);
  const { text } = await get('/progress');
  expect(text).toContain('data-state="starting"');
  expect(text).toContain('A sync is starting');
  expect((await get('')).text).toContain('A sync is about to start');
  const cancelled = await post('/cancel');
  expect(cancelled.headers.get('location')).toContain('done=cancelling');
});

it('an unknown address below the portal is answered without a session of any kind', async () => {
  const answer = await request(world, `/portal/${randomUUID()}/nothing`);
  expect(answer.status).toBe(404);
});
