/**
 * The life of the app at one instance of Blnk Cloud, in the order in which its owner lives it: in Blnk's
 * dashboard, in the portal and at Stripe. Each step stands on the ones before it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { alertOnce } from '../../src/alerts/loop';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { listSyncs, type SyncRow } from '../../src/store/syncs';
import { describeSchedule } from '../../src/temporal/schedules';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { dumpDatabase, dumpTemporal, formsOf } from '../support/worlds/everything-kept';
import { nextSync } from '../support/worlds/next-sync';
import { openPortal, type Visitor } from '../support/worlds/portal-visitor';
import { startWorker } from '../support/worlds/cli-worker';

const RIGHTS = ['data:read', 'data:write', 'alerts:write'] as const;
const id = newInstanceId();

let world: CloudWorld;
beforeAll(async () => void (world = await startCloudWorld({ worker: startWorker })));
afterAll(() => world.close());

/** All pages that were shown, and the keys and cookies of this life. */
const shown: string[] = [];
const secrets = new Set<string>([SANDBOX_STRIPE_KEY]);

// What a person does.

async function install(): Promise<Visitor> {
  const { install: installed } = await world.blnk.apps.install(id, RIGHTS);
  expect(installed.status).toBe('installed');
  await world.reconcile(id);
  for (const [key, { instanceId }] of world.blnk.keys.cloud)
    if (instanceId === id) secrets.add(key);
  const portal = await openPortal(world, installed);
  secrets.add(portal.cookie.split('=')[1]!);
  return portal;
}

async function look(portal: Visitor, page = ''): Promise<string> {
  const { status, text } = await portal.get(page);
  expect(status).toBe(200);
  shown.push(text);
  return text;
}

async function press(portal: Visitor, button: string, form: Record<string, string> = {}) {
  const answer = await portal.post(button, form);
  expect(answer.status).toBe(303);
  await world.reconcile(id);
  return answer.headers.get('location') ?? '';
}

async function connectStripe(portal: Visitor): Promise<void> {
  await press(portal, '/stripe', { key: SANDBOX_STRIPE_KEY });
  const offered = await look(portal, '/stripe/confirm');
  const account = /name="account" value="(acct_\w+)"/.exec(offered)?.[1] ?? '';
  expect(account).not.toBe('');
  expect(await press(portal, '/stripe/confirm', { account, mode: 'test' })).toContain('connected');
}

const pay = async (count: number) => {
  for (let at = 0; at < count; at += 1) await world.stripe.world.pay({ amount: 1_000 + at });
};

// What comes of it.

async function newestSync(): Promise<SyncRow | undefined> {
  return (await listSyncs(world.db, id, 1))[0];
}

/** The sync after the one that was newest before, once it has ended. */
async function syncNow(portal: Visitor): Promise<SyncRow> {
  const before = await newestSync();
  await press(portal, '/sync');
  return nextSync(world, id, before?.syncId);
}

const ledger = () => world.blnk.ledgerOf(id).rows;

/** Looks for problems and tells them to Blnk, as the server does all the time. */
async function alerts() {
  while ((await alertOnce({ ...world.deps, webhook: undefined }, id)) > 0);
  return world.blnk.alerts.list(id);
}

test('an app lives at an instance: from its install to its re-install', async () => {
  await pay(5);

  // Installed, it has no access to Stripe. It says so, and nothing syncs by itself.
  let portal = await install();
  expect(await look(portal)).toContain('Connect a Stripe account');
  expect(await describeSchedule(world.client, id)).toBeUndefined();

  // Its owner gives a key, sees which account it is, and confirms: a schedule begins.
  await connectStripe(portal);
  expect(await describeSchedule(world.client, id)).toMatchObject({ paused: false });
  expect(ledger()).toHaveLength(0);

  // The first sync takes everything; the next one what is new; one without news posts nothing.
  expect(await syncNow(portal)).toMatchObject({ status: 'completed', counts: { posted: 5 } });
  await pay(2);
  expect(await syncNow(portal)).toMatchObject({ status: 'completed', counts: { posted: 2 } });
  expect(await syncNow(portal)).toMatchObject({ status: 'completed', counts: { posted: 0 } });
  expect(ledger()).toHaveLength(7);
  expect(await alerts()).toEqual([]);

  // Somebody has booked a payment by hand, with another amount: a conflict, set aside and told once.
  const taken = await world.stripe.world.pay({ amount: 5_000 });
  await bookByHand(taken.id, 4_999);
  expect(await syncNow(portal)).toMatchObject({
    status: 'completed_with_problems',
    reasons: { CONFLICT: 1 },
  });
  expect(await look(portal, '/quarantine')).toContain(taken.id);
  expect(await alerts()).toHaveLength(1);
  await syncNow(portal);
  expect(await alerts()).toHaveLength(1);

  // Paused by its owner, and resumed.
  await press(portal, '/schedule/pause');
  expect(await describeSchedule(world.client, id)).toMatchObject({
    paused: true,
    pausedByUs: false,
  });
  await press(portal, '/schedule/resume');
  expect(await describeSchedule(world.client, id)).toMatchObject({ paused: false });

  // The right to post is taken away: the sync fails, the schedule is paused, and the portal says why.
  const { installed_app_id: first } = installOf('installed');
  await world.blnk.apps.restrict(first, ['data:read', 'alerts:write']);
  await pay(1);
  expect(await syncNow(portal)).toMatchObject({
    status: 'failed',
    error: 'BLNK_PERMISSION_MISSING',
  });
  expect(await describeSchedule(world.client, id)).toMatchObject({ pausedByUs: true });
  expect(await look(portal, '/schedule')).toContain('paused');
  // Given back, its owner resumes, and what has waited is posted.
  await world.blnk.apps.restrict(first, RIGHTS);
  await press(portal, '/schedule/resume');
  expect(await syncNow(portal)).toMatchObject({ counts: { posted: 1 } });

  // Uninstalled in the middle of a sync: it stops, its schedule and session end, its keys are erased.
  await pay(400);
  world.blnk.faults.add({ path: '/proxy/transactions', fault: { kind: 'delay', ms: 30 } });
  const before = ledger().length;
  await press(portal, '/sync');
  while (ledger().length < before + 10) await sleep(2);
  expect((await world.blnk.apps.uninstall(first))?.install.status).toBe('uninstalled');
  await untilStopped();
  world.blnk.faults.clear();
  const left = ledger().length;
  expect(left).toBeLessThan(before + 400);
  expect((await portal.get('')).status).toBe(401);
  expect(await describeSchedule(world.client, id)).toBeUndefined();
  expect(await world.view(id)).toMatchObject({ standing: 'inactive', ledger: null, stripe: null });

  // Installed again: what was synced is known, access to Stripe is not. Then it goes on where it was.
  portal = await install();
  expect(installOf('installed').installed_app_id).not.toBe(first);
  expect(await look(portal)).toContain('Connect a Stripe account');
  await connectStripe(portal);
  const last = await syncNow(portal);
  expect(last.status).toBe('completed');
  // 5, 2, 1 and 400 by the app, and the one that was booked by hand; each once.
  expect(ledger()).toHaveLength(5 + 2 + 1 + 400 + 1);
  expect(new Set(ledger().map(({ reference }) => reference)).size).toBe(ledger().length);
  for (const page of ['', '/runs', '/quarantine', '/stripe', '/schedule', '/permissions']) {
    await look(portal, page);
  }
});

test('nothing that was kept or shown in this life holds a key, a cookie or the secret of an address', async () => {
  secrets.add(world.secret);
  for (const { key } of world.config.connected!.encryptionKeys) secrets.add(key.reveal());
  const tables = await dumpDatabase(world.db);
  const histories = await dumpTemporal(world.client);
  // The search is only worth something if it reads what there is.
  expect(secrets.size).toBeGreaterThanOrEqual(7);
  for (const text of [tables, histories, shown.join('\n')]) expect(text).toContain(id);
  for (const text of [tables, histories, shown.join('\n'), world.log.join('')]) {
    const found = [...secrets].filter((secret) =>
      formsOf(secret).some((form) => text.includes(form)),
    );
    expect(found).toEqual([]);
  }
});

function installOf(status: string) {
  const found = world.blnk.apps
    .list()
    .findLast((one) => one.instance_id === id && one.status === status);
  if (!found) throw new Error(`no install is ${status}`);
  return found;
}

/** By a key of the bookkeeper's, as no app would do it. */
async function bookByHand(reference: string, amount: number): Promise<void> {
  const key = 'blnk_bookkeeper';
  world.blnk.keys.cloud.set(key, { instanceId: id, permissions: ['data:write'] });
  const answer = await fetch(`${world.blnk.url}/proxy/transactions?instance_id=${id}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...{ precise_amount: amount, precision: 100, currency: 'USD', reference },
      ...{ source: '@bank', destination: '@by-hand', description: 'By hand' },
      ...{ allow_overdraft: true, skip_queue: true },
    }),
  });
  expect(answer.status).toBe(201);
}

async function untilStopped(): Promise<void> {
  for (;;) {
    await world.reconcile(id);
    const open = await world.db.query(
      'select 1 from intents where instance_id = $1 and done_at is null',
      [id],
    );
    if (open.length === 0) return;
    await sleep(100);
  }
}
