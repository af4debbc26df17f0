/** `instances remove --purge` and `cloud manifest`, as people run them. */
import { randomUUID } from 'node:crypto';
import { alertOnce } from '../../src/alerts/loop';
import { closeForOwner } from '../../src/engine/lease';
import { connectLedger } from '../../src/instances/connect-ledger';
import { Secret } from '../../src/secret';
import { startAdhocSync } from '../../src/temporal/syncs';
import { describeSchedule } from '../../src/temporal/schedules';
import { PURGED_TABLES } from '../../src/store/purge';
import { findOpenSync, listSyncs, openSync } from '../../src/store/syncs';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { scratchFolder, type Scratch } from '../support/processes/local-support';
import { startCli, type Ended } from '../support/processes/cli-process';
import { startWorker } from '../support/worlds/cli-worker';
import { HUSH_SECRET } from '../support/random-key';

let world: CloudWorld;
let folder: Scratch;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker });
  folder = scratchFolder();
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

function run(args: readonly string[], extra: Record<string, string> = {}): Promise<Ended> {
  return startCli(folder.path, args, { ...world.cliSettings, ...extra }).ended;
}

const signal = () => AbortSignal.timeout(120_000);

async function connect(instanceId: string): Promise<void> {
  const apiKey = `blnk_${randomUUID()}_hush`;
  const permissions = ['data:read', 'data:write', 'alerts:write'] as const;
  world.blnk.keys.cloud.set(apiKey, { instanceId, permissions });
  const ledger = { instanceId, kind: 'cloud', url: world.blnk.url } as const;
  await connectLedger(world.deps, { ...ledger, apiKey: new Secret(apiKey) }, signal());
  await connectSandboxStripe(world.deps, instanceId, { since: 'all' });
  await world.reconcile(instanceId);
}

async function sync(id: string) {
  const started = await startAdhocSync(world.client, { instanceId: id, trigger: 'cli' });
  await started.handle.result().catch(() => undefined);
  return (await listSyncs(world.db, id, 1))[0]!;
}

const tables = async () =>
  (
    await world.db.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    )
  ).map(({ name }) => name);

/** Rows of the whole database that hold this text, by table. */
async function dumpFor(text: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of await tables()) {
    const [row] = await world.db.query<{ count: number }>(
      `select count(*) as count from "${table}" t where strpos(t::text, $1) > 0`,
      [text],
    );
    if (row!.count > 0) found[table] = row!.count;
  }
  return found;
}

test('every table that holds something of an instance is purged', async () => {
  const referring = await world.db.query<{ name: string }>(
    `with recursive refers(name) as (
       select 'instances'::regclass::oid
       union select conrelid from pg_constraint join refers on confrelid = refers.name
       where contype = 'f'
     ) select name::regclass::text as name from refers
     union select table_name from information_schema.columns
     where table_schema = 'public' and column_name = 'instance_id'`,
  );
  expect(referring.map(({ name }) => name).sort()).toEqual([...PURGED_TABLES].sort());
});

test('purging leaves nothing of the instance, and a sync after it posts nothing a second time', async () => {
  const id = newInstanceId();
  const other = newInstanceId();
  for (let at = 0; at < 5; at += 1) await world.stripe.world.pay({ amount: 100 + at });
  await world.stripe.world.pay({ amount: 100, currency: 'xts' });
  for (const one of [id, other]) await connect(one);
  expect(await sync(id)).toMatchObject({ counts: { posted: 5, quarantined: 1 } });
  await sync(other);
  while ((await alertOnce({ ...world.deps, webhook: undefined }, id)) > 0);
  const before = await dumpFor(id);
  expect(before).toMatchObject({ movements: 6, alerts: 1, alert_channels: 1, stripe_syncs: 1 });
  const othersBefore = await dumpFor(other);

  const refused = await run(['instances', 'remove', '--instance', id, '--purge']);
  expect(refused.code).toBe(2);
  expect(refused.stdout + refused.stderr).toContain('6 pay-ins');
  expect(await dumpFor(id)).toEqual(before);

  const lease = { syncId: 'sync_held', workflowId: 'w', firstRunId: 'r', instanceId: id };
  await openSync(world.db, { ...lease, trigger: 'cli', scope: { kind: 'full' } });
  const busy = await run(['instances', 'remove', '--instance', id, '--purge', '--yes']);
  expect(busy).toMatchObject({ code: 4, stderr: expect.stringContaining('RUNNING') as string });
  const open = await findOpenSync(world.db, id);
  await world.db.transaction((tx) => closeForOwner(tx, open!, 'cancelled', 'OWNER_GONE'));
  expect(await describeSchedule(world.client, id)).toBeDefined();

  const purged = await run(['instances', 'remove', '--instance', id, '--purge', '--yes', '--json']);
  expect(purged).toMatchObject({ code: 0 });
  expect(JSON.parse(purged.stdout)).toMatchObject({ deleted: { pay_ins: 6, instances: 1 } });
  expect(purged.stderr).toContain('full listing');
  expect(await dumpFor(id)).toEqual({});
  expect(await dumpFor(other)).toEqual(othersBefore);
  expect(await describeSchedule(world.client, id)).toBeUndefined();

  const booked = world.blnk.ledger.rows.length;
  await connect(id);
  expect(await sync(id)).toMatchObject({ counts: { posted: 0, alreadyPosted: 5 } });
  expect(world.blnk.ledger.rows).toHaveLength(booked);
});

test('open problems are shown by `instances show` with what to do', async () => {
  const id = newInstanceId();
  await connect(id);
  await world.stripe.world.pay({ amount: 100, currency: 'xts' });
  await sync(id);
  const shown = await run(['instances', 'show', '--instance', id]);
  expect(shown.stdout).toMatch(/problems +QUARANTINE \(CURRENCY_UNKNOWN\)/);
  expect(shown.stdout).toContain('`quarantine list`');
  const status = await run(['status', '--instance', id, '--json']);
  expect(JSON.parse(status.stdout)).toMatchObject({
    problems: [{ problem: 'QUARANTINE', codes: ['CURRENCY_UNKNOWN'], subject: null }],
  });
});

describe('cloud manifest', () => {
  const secret = HUSH_SECRET;
  const app = { CALLBACK_SECRET: secret, PUBLIC_URL: 'https://app.example.com/sync/' };

  test('prints the URLs that the service answers, each permission and why, and warns', async () => {
    const printed = await run(['cloud', 'manifest', '--json'], app);
    expect(printed).toMatchObject({ code: 0 });
    const manifest = JSON.parse(printed.stdout) as { permissions: { permission: string }[] };
    expect(manifest).toMatchObject({
      callbackUrl: `https://app.example.com/sync/api/callback/${secret}`,
      portalUrl: `https://app.example.com/sync/api/portal/${secret}`,
      events: [{ event: 'install' }, { event: 'uninstall' }, { event: 'launch' }],
    });
    expect(manifest.permissions.map(({ permission }) => permission)).toEqual([
      'data:read',
      'data:write',
      'alerts:write',
    ]);
    expect(printed.stderr).toContain('CALLBACK_SECRET');
    expect(printed.stderr).not.toContain(secret);
    const text = await run(['cloud', 'manifest'], app);
    expect(text.stdout).toContain(`/api/callback/${secret}\n`);
    const called = await fetch(`${world.url}/api/callback/${world.secret}`, { method: 'POST' });
    expect(called.status).toBe(400);
  });

  test('names each setting that is missing', async () => {
    const none = await run(['cloud', 'manifest']);
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toMatch(/CALLBACK_SECRET.*PUBLIC_URL/);
    const half = await run(['cloud', 'manifest'], { PUBLIC_URL: app.PUBLIC_URL });
    expect(half.stderr).toContain('CALLBACK_SECRET');
    expect(half.stderr).not.toContain('PUBLIC_URL is');
    const other = await run(['cloud', 'manifest'], { CALLBACK_SECRET: secret });
    expect(other.stderr).toContain('PUBLIC_URL');
    expect(other.stderr).not.toContain(secret);
  });
});
