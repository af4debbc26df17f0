/** What the pages of the portal say, and what they let happen. */
import {
  newInstanceId,
  startCloudWorld,
  LIVE_KEY,
  type CloudWorld,
} from '../support/worlds/cloud-world';
import { nextSync } from '../support/worlds/next-sync';
import { openPortal, type Answer } from '../support/worlds/portal-visitor';
import { describeSchedule } from '../../src/temporal/schedules';
import { startWorker } from '../support/worlds/cli-worker';

const TEST_KEY = 'sk_test_sandbox';

let world: CloudWorld;
beforeAll(async () => {
  // As an app that nobody has told to leave it at pay-ins.
  const settings = { MOVEMENTS: '' };
  world = await startCloudWorld({ worker: startWorker, scenario: 'problems', settings });
});
afterAll(() => world.close());

async function install(rights?: Parameters<CloudWorld['install']>[1]) {
  const installed = world.install(newInstanceId(), rights);
  await world.post(installed);
  await world.reconcile(installed.instance_id);
  return { installed, id: installed.instance_id, ...(await openPortal(world, installed)) };
}

/** In the two steps of the pages. */
async function connected() {
  const portal = await install();
  expect((await portal.post('/stripe', { key: TEST_KEY })).status).toBe(303);
  const { text } = await portal.get('/stripe/confirm');
  const account = /name="account" value="([^"]*)"/.exec(text)?.[1] ?? '';
  const answer = await portal.post('/stripe/confirm', { account, mode: 'test' });
  expect(answer.headers.get('location')).toBe(`/portal/${portal.id}?done=connected`);
  await world.reconcile(portal.id);
  return portal;
}

/** Markup is laid out freely. */
const plain = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

const toldOf = ({ headers }: Answer) => headers.get('location')?.split('?')[1];
const finished = (id: string, after?: string) => nextSync(world, id, after);

describe('every page', () => {
  it('may load our own things only, run no inline script, and be framed by Blnk alone', async () => {
    const { get } = await install();
    for (const page of ['', '/runs', '/quarantine', '/stripe', '/schedule', '/permissions']) {
      const { headers, text, status } = await get(page);
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain(
        "frame-ancestors 'self' https://blnkfinance.com https://*.blnkfinance.com",
      );
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-frame-options')).toBeNull();
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i);
      const loaded = [...text.matchAll(/<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"/g)];
      expect(loaded.map(([, url]) => url!.split('?')[0])).toEqual([
        '/portal/assets/icon.svg',
        '/portal/assets/portal.css',
        '/portal/assets/portal.js',
      ]);
    }
  });

  it('shows what comes from outside as text, however hostile', async () => {
    const portal = await connected();
    const hostile = '<img src=x onerror=alert(1)>"\'';
    await world.db.query(
      `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id,
         first_run_id, completed_at, notes)
       values ($1, $2, 'completed', 'cli', '{"kind":"full"}', 'w', 'r', now(), array[$3])`,
      [`sync_${portal.id}`, portal.id, hostile],
    );
    const client = world.client;
    await client.schedule.getHandle(`stripe-sync:${portal.id}`).pause(hostile);
    for (const page of ['', '/schedule', `/runs/sync_${portal.id}`]) {
      const { text } = await portal.get(page);
      expect(text).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;');
      expect(text).not.toContain('<img');
    }
    expect((await portal.get(`?done=${encodeURIComponent(hostile)}`)).text).not.toContain(
      'onerror=alert(1)>"',
    );
  });
});

describe('an action', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without the token of the page', { token: '' }, {}],
    ['with the token of another session', { token: 'x'.repeat(43) }, {}],
    ['from another site', {}, { origin: 'https://evil.example.com' }],
    ['from a page that hides its site', {}, { origin: 'null' }],
    ['that the browser says is of another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['that the browser says is of a neighbour', {}, { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused', async (_what, form, headers) => {
    const portal = await install();
    const answer = await portal.post('/schedule', { pace: 'day', ...form }, headers);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('ACTION_REFUSED');
    const [row] = await world.db.query('select cron from instances where instance_id = $1', [
      portal.id,
    ]);
    expect(row).toEqual({ cron: null });
  });

  it('of another form than a form is refused', async () => {
    const portal = await install();
    const json = { 'content-type': 'application/json' };
    expect((await portal.post('/schedule', { pace: 'day' }, json)).status).toBe(415);
    expect((await portal.post('/schedule', { pace: 'never' })).status).toBe(400);
    expect((await portal.get('/sync')).status).toBe(404);
  });
});

describe('connecting Stripe', () => {
  it('shows account, mode and permissions, and takes the key into force once confirmed', async () => {
    const portal = await install();
    expect((await portal.get('')).text).toContain('Connect a Stripe account');
    const form = await portal.get('/stripe');
    expect(form.text).toMatch(/payouts and the proof:<\/strong>\s*balance, movements, charges/);
    expect(form.text).toMatch(/apikeys\/create\?name=.*rak_balance_read.*rak_payout_read/);
    expect(toldOf(await portal.post('/sync'))).toBe('problem=STRIPE_NOT_CONNECTED');
    await portal.post('/stripe', { key: ` ${TEST_KEY}\n` });
    const offer = await portal.get('/stripe/confirm');
    for (const shown of [world.stripe.account, 'Test', 'Stripe payments', 'Stripe events']) {
      expect(offer.text).toContain(shown);
    }
    expect(offer.text).not.toContain('only pay-ins can be booked');
    expect((await world.view(portal.id)).standing).toBe('needs_stripe');
    const answer = await portal.post('/stripe/confirm', {
      account: world.stripe.account,
      mode: 'test',
    });
    expect(toldOf(answer)).toBe('done=connected');
    expect(await world.view(portal.id)).toMatchObject({ standing: 'ready', since: 'all' });
    const [left] = await world.db.query(
      'select stripe_key, stripe_offer from portal_sessions where instance_id = $1',
      [portal.id],
    );
    expect(left).toEqual({ stripe_key: null, stripe_offer: null });
  });

  it('never shows the key again, nor logs it, nor keeps it in clear', async () => {
    const portal = await install();
    await portal.post('/stripe', { key: TEST_KEY });
    const pages = await Promise.all(
      ['', '/stripe', '/stripe/confirm', '/stripe?problem=STRIPE_KEY_MALFORMED'].map((page) =>
        portal.get(page),
      ),
    );
    for (const { text } of pages) expect(text).not.toContain(TEST_KEY);
    expect(world.log.join('')).not.toContain(TEST_KEY);
    const rows = await world.db.query('select * from portal_sessions where instance_id = $1', [
      portal.id,
    ]);
    expect(JSON.stringify(rows)).not.toContain(TEST_KEY);
    expect(toldOf(await portal.post('/stripe/discard'))).toBe('done=discarded');
    expect((await portal.get('/stripe/confirm')).text).not.toContain('This is what the key opens');
    const late = { account: world.stripe.account, mode: 'test' };
    expect(toldOf(await portal.post('/stripe/confirm', late))).toBe('problem=NOT_FOUND');
  });

  it.each([
    ['no key', 'hello', 'STRIPE_KEY_MALFORMED'],
    [
      'a live key that may do everything',
      ['sk', 'live', 'other'].join('_'),
      'STRIPE_KEY_UNRESTRICTED',
    ],
    [
      'a key of an organisation',
      ['sk', 'org', 'live', 'other'].join('_'),
      'STRIPE_KEY_OF_ORGANISATION',
    ],
    ['a key that Stripe does not know', ['rk', 'test', 'unknown'].join('_'), 'STRIPE_KEY_REJECTED'],
  ])('refuses %s and says why', async (_what, key, code) => {
    const portal = await install();
    expect(toldOf(await portal.post('/stripe', { key }))).toBe(`problem=${code}`);
    const { text } = await portal.get(`/stripe?problem=${code}`);
    expect(text).toContain(code);
    expect(text).not.toContain(key === 'hello' ? '>hello' : key);
  });

  it('names a permission that the key lacks, and takes no such key', async () => {
    const key = ['rk', 'test', 'narrow'].join('_');
    const permissions = ['rak_payment_intent_read', 'rak_accounts_kyc_basic_read'];
    world.stripe.addKey({ key, livemode: false, permissions });
    const portal = await install();
    await portal.post('/stripe', { key });
    const { text } = await portal.get('/stripe/confirm');
    expect(text).toContain('Missing');
    expect(text).toContain('Stripe events');
    expect(text).not.toContain('name="account"');
    const sent = { account: world.stripe.account, mode: 'test' };
    expect(toldOf(await portal.post('/stripe/confirm', sent))).toBe(
      'problem=STRIPE_PERMISSION_MISSING',
    );
    expect((await world.view(portal.id)).standing).toBe('needs_stripe');
  });

  it('names what a key lacks for more than pay-ins, and takes it as it is', async () => {
    const key = ['rk', 'test', 'payins'].join('_');
    const payIns = ['rak_payment_intent_read', 'rak_event_read', 'rak_charge_read'];
    const permissions = [...payIns, 'rak_accounts_kyc_basic_read', 'rak_balance_read'];
    world.stripe.addKey({ key, livemode: false, permissions });
    const portal = await install();
    await portal.post('/stripe', { key });
    const { text } = await portal.get('/stripe/confirm');
    expect(text).toMatch(/only pay-ins can be booked:.* the Stripe key lacks .*rak_payout_read/);
    expect(text).toContain('name="account"');
    expect(text).not.toContain('Missing');
  });

  it('takes ten keys in an hour, and keeps no row of the budget for a refused one', async () => {
    const portal = await install();
    const budgets = () => world.db.query('select account from stripe_budget order by 1');
    const before = await budgets();
    const give = async (key: string) => toldOf(await portal.post('/stripe', { key }));
    for (let at = 0; at < 10; at += 1) {
      expect(await give(`rk_test_refused${at}`)).toBe('problem=STRIPE_KEY_REJECTED');
    }
    expect(await budgets()).toEqual(before);
    // What has not the form of a key asks Stripe nothing.
    expect(await give('no key at all')).toBe('problem=STRIPE_KEY_MALFORMED');
    expect(await give(TEST_KEY)).toBe('problem=STRIPE_KEYS_LIMITED');
    await world.db.query(
      `update instances set key_tries_since = now() - interval '61 minutes' where instance_id = $1`,
      [portal.id],
    );
    expect(await give(TEST_KEY)).toBeUndefined();
  });

  it('shows which pay-ins will be posted, by count and money, once the first day is chosen and before it is fixed', async () => {
    const portal = await install();
    await portal.post('/stripe', { key: LIVE_KEY });
    const confirm = async () => plain((await portal.get('/stripe/confirm')).text);
    expect(await confirm()).toContain('Sandbox Ltd');
    expect(await confirm()).toContain('Show which pay-ins will be posted');
    // Names of settings are words of whoever runs the program.
    expect(await confirm()).not.toMatch(/[A-Z]{2,}_[A-Z]/);
    expect(await confirm()).not.toContain('Connect Sandbox Ltd');
    const plan = async (form: Record<string, string>) =>
      toldOf(await portal.post('/stripe/plan', form));
    expect(await plan({})).toBe('problem=SYNC_SINCE_REQUIRED');
    expect(await plan({ from: 'day', day: '2026-02-30' })).toBe('problem=SYNC_SINCE_REQUIRED');
    expect(await plan({ from: 'all' })).toBeUndefined();
    const all = await confirm();
    const [, toPost] = /will be posted, the whole history To be posted ([1-9]\d*)/.exec(all)!;
    expect(all).toMatch(/Money to be posted: .*[1-9][\d,.]* USD/);
    expect(all).toContain(`Connect Sandbox Ltd and post ${toPost!} pay-ins`);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(await plan({ from: 'day', day: tomorrow })).toBeUndefined();
    const none = await confirm();
    expect(none).toContain(`will be posted, from ${tomorrow} on (UTC) To be posted 0`);
    expect(none).toContain('There is no pay-in to post now');
    // Nothing has come of it so far.
    expect((await world.view(portal.id)).standing).toBe('needs_stripe');
    const syncs = await world.db.query('select 1 from stripe_syncs where instance_id = $1', [
      portal.id,
    ]);
    expect(syncs).toEqual([]);
    expect(world.blnk.ledgerOf(portal.id).rows).toEqual([]);
    const form = { account: world.stripe.account, mode: 'live', from: 'day', day: tomorrow };
    expect(toldOf(await portal.post('/stripe/confirm', form))).toBe('done=connected');
    expect(await world.view(portal.id)).toMatchObject({
      since: `${tomorrow}T00:00:00.000Z`,
      stripe: { name: 'Sandbox Ltd' },
    });
    expect(plain((await portal.get('/stripe')).text)).toContain('Sandbox Ltd');
    expect(toldOf(await portal.post('/stripe/plan', { from: 'all' }))).toBe('problem=NOT_FOUND');
  });

  it('can be confirmed also where it cannot be counted what will be posted, and says why', async () => {
    const portal = await install();
    await portal.post('/stripe', { key: LIVE_KEY });
    world.blnk.keys.cloud.delete(portal.installed.api_key);
    expect(toldOf(await portal.post('/stripe/plan', { from: 'all' }))).toBeUndefined();
    const { text } = await portal.get('/stripe/confirm');
    expect(plain(text)).toContain('It could not be counted: Blnk does not accept the key');
    expect(plain(text)).toContain('Connect Sandbox Ltd');
  });

  it('is not counted for a key that may only write: what the ledger holds would be counted as new', async () => {
    const portal = await install();
    await portal.post('/stripe', { key: LIVE_KEY });
    await world.db.query(
      `update installs set granted_permissions = '{data:write}' where instance_id = $1`,
      [portal.id],
    );
    expect(toldOf(await portal.post('/stripe/plan', { from: 'all' }))).toBeUndefined();
    const text = plain((await portal.get('/stripe/confirm')).text);
    expect(text).toContain('It could not be counted:');
    expect(text).not.toContain('To be posted');
  });

  it('asks for the first day with a live key, and for a change of mode by name', async () => {
    const portal = await connected();
    await portal.post('/stripe', { key: LIVE_KEY });
    const { text } = await portal.get('/stripe/confirm');
    expect(text).toContain('another mode');
    expect(text).toContain('From which day on');
    const shown = { account: world.stripe.account, mode: 'live' };
    const confirm = async (form: Record<string, string>) =>
      toldOf(await portal.post('/stripe/confirm', { ...shown, ...form }));
    expect(await confirm({ from: 'all' })).toBe('problem=STRIPE_SOURCE_DIFFERS');
    expect(await confirm({ change: 'yes' })).toBe('problem=SYNC_SINCE_REQUIRED');
    expect(await confirm({ change: 'yes', from: 'day', day: '2026-02-30' })).toBe(
      'problem=SYNC_SINCE_REQUIRED',
    );
    expect(await confirm({ change: 'yes', from: 'day', day: '2026-01-01' })).toBe('done=connected');
    expect(await world.view(portal.id)).toMatchObject({
      since: '2026-01-01T00:00:00.000Z',
      stripe: { livemode: true },
    });
  });
});

describe('syncing', () => {
  it('starts, shows its report, and sets aside with reasons what cannot be posted', async () => {
    const portal = await connected();
    expect(toldOf(await portal.post('/sync'))).toBe('done=started');
    const row = await finished(portal.id);
    expect(row).toMatchObject({ status: 'completed_with_problems', trigger: 'portal' });
    const overview = (await portal.get('')).text;
    expect(overview).toContain(`${row.newlyQuarantined} pay-ins set aside`);
    expect(overview).toContain('<svg viewBox');
    expect(overview).toContain('As a table');
    expect((await portal.get('/runs')).text).toContain(row.syncId);
    const run = (await portal.get(`/runs/${row.syncId}`)).text;
    expect(run).toContain('CURRENCY_UNKNOWN');
    const aside = (await portal.get('/quarantine')).text;
    expect(aside).toContain('Its amount is negative');
    const [, payment] = /payments\/(pi_\w+)/.exec(aside) ?? [];
    expect(toldOf(await portal.post('/quarantine/retry', { payment: payment! }))).toBe(
      'done=retry',
    );
    await finished(portal.id, row.syncId);
    const nobody = await portal.post('/quarantine/retry', { payment: 'pi_nobody' });
    expect(toldOf(nobody)).toBe('problem=NOT_FOUND');
    expect((await portal.get('/runs?show=notable')).status).toBe(200);
  });

  it('shows no run of another instance', async () => {
    const [own, other] = [await connected(), await connected()];
    await other.post('/sync');
    const { syncId } = await finished(other.id);
    expect((await other.get(`/runs/${syncId}`)).status).toBe(200);
    expect((await own.get(`/runs/${syncId}`)).status).toBe(404);
  });

  it('is not offered where the app may not write, and its page says why', async () => {
    const portal = await install({ rights: ['data:read'] });
    const { text } = await portal.get('');
    expect(text).toContain('The app may not post to Blnk');
    expect(text).not.toContain('Sync now');
    expect(toldOf(await portal.post('/sync'))).toBe('problem=BLNK_PERMISSION_MISSING');
    const permissions = (await portal.get('/permissions')).text;
    expect(permissions.replace(/\s+/g, ' ')).toContain(
      'data:write and alerts:write were not granted',
    );
  });
});

describe('the schedule', () => {
  it('follows the pace that was chosen, and keeps it over a restart of the server', async () => {
    const portal = await connected();
    expect(toldOf(await portal.post('/schedule', { pace: 'hour' }))).toBe('done=saved');
    await world.reconcile(portal.id);
    expect(await describeSchedule(world.client, portal.id)).toMatchObject({ cron: '0 * * * *' });
    const [row] = await world.db.query('select cron from instances where instance_id = $1', [
      portal.id,
    ]);
    expect(row).toEqual({ cron: '0 * * * *' });
    expect((await portal.get('/schedule')).text).toMatch(/value="hour"\s+checked/);
  });

  it('is paused and resumed', async () => {
    const portal = await connected();
    expect(toldOf(await portal.post('/schedule/pause'))).toBe('done=paused');
    expect(await describeSchedule(world.client, portal.id)).toMatchObject({ paused: true });
    expect((await portal.get('')).text).toContain('The schedule is paused');
    expect(toldOf(await portal.post('/schedule/resume'))).toBe('done=resumed');
    expect(await describeSchedule(world.client, portal.id)).toMatchObject({ paused: false });
  });

  it('that is not there yet can be given its pace, but not be paused', async () => {
    const portal = await install();
    expect(toldOf(await portal.post('/schedule/pause'))).toBe('problem=NOT_FOUND');
    expect(toldOf(await portal.post('/schedule', { pace: 'day' }))).toBe('done=saved');
  });
});
