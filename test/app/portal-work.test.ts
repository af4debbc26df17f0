/** What a person sees and does in the portal while syncs run, wait and end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/cloud-world';
import { startWorker } from '../support/cli-worker';
import { connectSandboxStripe } from '../support/connect-sandbox-stripe';
import { nextSync } from '../support/next-sync';
import { openPortal, type Answer } from '../support/portal-visitor';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker, scenario: 'problems' });
});
afterAll(() => world.close());
afterEach(() => {
  world.blnk.faults.clear();
  world.stripe.faults.clear();
});

async function connected() {
  const installed = world.install(newInstanceId());
  const id = installed.instance_id;
  await world.post(installed);
  await world.reconcile(id);
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  return { installed, id, ...(await openPortal(world, installed)) };
}

async function synced() {
  const portal = await connected();
  await portal.post('/sync');
  const row = await nextSync(world, portal.id);
  return { ...portal, row };
}

const toldOf = ({ headers }: Answer) => headers.get('location')?.split('?')[1];
/** Markup is laid out freely. */
const plain = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

async function until(text: () => Promise<string>, wanted: RegExp): Promise<string> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const seen = await text();
    if (wanted.test(seen)) return seen;
    await sleep(50);
  }
  throw new Error(`never seen: ${String(wanted)}`);
}

describe('a sync that runs', () => {
  it('says what it waits for, with the tries and the next one, and can be cancelled', async () => {
    const portal = await connected();
    world.stripe.faults.add({ fault: { kind: 'status', status: 500 } });
    await portal.post('/sync');
    const progress = async () => plain((await portal.get('/progress')).text);
    const seen = await until(progress, /It waits: .*Tried \d+ times, next at \d\d:\d\d:\d\d UTC/);
    expect(seen).toContain('It waits: Stripe cannot be reached or fails.');
    expect(seen).toContain('STRIPE_UNAVAILABLE');
    const overview = plain((await portal.get('')).text);
    expect(overview).toContain('The sync waits');
    expect(overview).not.toContain('Sync now');
    expect(toldOf(await portal.post('/cancel'))).toBe('done=cancelling');
    world.stripe.faults.clear();
    await until(async () => (await portal.get('/progress')).text, /data-state="idle"/);
    expect(toldOf(await portal.post('/cancel'))).toBe('problem=NOT_FOUND');
  });

  it('counts what it has found while the ledger takes nothing yet', async () => {
    const portal = await connected();
    world.blnk.faults.add({ path: '/proxy/transactions', fault: { kind: 'status', status: 503 } });
    await portal.post('/sync');
    const progress = async () => plain((await portal.get('/progress')).text);
    const seen = await until(progress, /Found [1-9]/);
    expect(seen).toMatch(/Under way [1-9]/);
    await portal.post('/cancel');
    world.blnk.faults.clear();
    await nextSync(world, portal.id);
  });
});

describe('the pages of the access', () => {
  it('show what came of it last, not what the install or the form has stored', async () => {
    const portal = await synced();
    expect(plain((await portal.get('/stripe')).text)).toMatch(/Last used by a sync \d{4}-/);
    expect(plain((await portal.get('/permissions')).text)).toContain('Last used by a sync: ');
    const fail = (error: string, details: string) =>
      world.db.query(
        `update stripe_syncs set status = 'failed', error = $2, error_details = $3
         where sync_id = $1`,
        [portal.row.syncId, error, details],
      );
    await fail('STRIPE_KEY_REJECTED', '{}');
    const stripe = plain((await portal.get('/stripe')).text);
    expect(stripe).toContain('Connected, but the last sync failed with it');
    expect(stripe).toContain('Stripe does not accept the key');
    await fail('BLNK_PERMISSION_MISSING', '{"right":"data:read"}');
    const permissions = plain((await portal.get('/permissions')).text);
    expect(permissions).toMatch(/data:read Refused by Blnk/);
    expect(permissions).not.toContain('The app has every right');
    await fail('BLNK_KEY_REJECTED', '{}');
    expect(plain((await portal.get('/permissions')).text)).toContain(
      'Blnk does not accept the key',
    );
  });
});
