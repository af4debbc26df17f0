/** What the portal shows of a run besides its pay-ins: movements while they are read, what came of them, and the proof. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../support/worlds/cli-worker';
import {
  LIVE_KEY,
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
} from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { nextSync } from '../support/worlds/next-sync';
import { openPortal } from '../support/worlds/portal-visitor';

let world: CloudWorld;
beforeAll(async () => {
  // As an app that nobody has told to leave it at pay-ins.
  const settings = { MOVEMENTS: '' };
  world = await startCloudWorld({ worker: startWorker, scenario: 'month', settings });
});
afterAll(() => world.close());

async function installed() {
  const install = world.install(newInstanceId());
  const id = install.instance_id;
  await world.post(install);
  await world.reconcile(id);
  return { id, ...(await openPortal(world, install)) };
}

async function connected() {
  const portal = await installed();
  await connectSandboxStripe(world.deps, portal.id);
  await world.reconcile(portal.id);
  return portal;
}

/** Markup is laid out freely. */
const plain = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

async function until(text: () => Promise<string>, wanted: RegExp): Promise<string> {
  for (;;) {
    const seen = await text();
    if (wanted.test(seen)) return seen;
    await sleep(20);
  }
}

describe('before the first day is confirmed', () => {
  const planned = async (key: string, form: Record<string, string>) => {
    const { get, post } = await installed();
    await post('/stripe', { key });
    await post('/stripe/plan', form);
    return plain((await get('/stripe/confirm')).text);
  };

  it('says what is booked besides the pay-ins that are counted', async () => {
    const all = await planned(LIVE_KEY, { from: 'all' });
    expect(all).toMatch(/Which pay-ins will be posted, the whole history To be posted [1-9]/);
    expect(all).toContain('everything else that has moved Stripe’s balance is booked');
    expect(all).not.toContain('opening balance');
    expect(await planned(LIVE_KEY, { from: 'day', day: '2026-01-01' })).toMatch(
      /from that day on is booked \(fees, .*\), and one opening balance in each currency, unless @stripe is in use/,
    );
  });

  it('says nothing of it of a key that is enough for pay-ins alone', async () => {
    const key = ['rk', 'live', 'payins'].join('_');
    const permissions = ['rak_payment_intent_read', 'rak_event_read', 'rak_charge_read'];
    world.stripe.addKey({ key, livemode: true, permissions });
    const all = await planned(key, { from: 'all' });
    expect(all).toContain('Which pay-ins will be posted');
    expect(all).not.toContain('Besides these');
  });
});

it('shows a first run as it reads movements, and afterwards what came of them with its proof', async () => {
  const portal = await connected();
  const progress = async () => plain((await portal.get('/progress')).text);
  world.stripe.faults.add({
    ...{ path: '/v1/balance_transactions', skip: 1 },
    fault: { kind: 'delay', ms: 3_000 },
  });
  await portal.post('/sync');
  await until(progress, /Now: movements/);
  world.stripe.faults.clear();
  const row = await nextSync(world, portal.id);
  expect(row.status).toBe('completed');

  const run = plain((await portal.get(`/runs/${row.syncId}`)).text);
  expect(run).toMatch(/Movements What else .* Of Found Posted Charge \d+ \d+ .* All (\d+) \1 /);
  expect(run).toMatch(/Proof Proven .* USD Stripe [\d,.]+ Ledger [\d,.]+ [\d,.]+ [\d,.]+ 0\.00/);
  const { text } = await portal.get(`/runs/${row.syncId}`);
  const [, number] = /\/proof\/(\d+)"/.exec(text) ?? [];
  expect((await portal.get(`/proof/${number}`)).text).toContain(`/runs/${row.syncId}"`);

  const [, all] = / All (\d+) /.exec(run) ?? [];
  for (const page of ['', '/runs']) {
    expect(plain((await portal.get(page)).text)).toMatch(
      new RegExp(`Movements Proof By .*Completed \\d+ \\d+ 0 0 ${all} Proven`),
    );
  }
  const [titles, first] = (await portal.get('/runs/csv')).text.split('\r\n');
  expect(titles).toMatch(
    /,error,movements_found,movements_posted,movements_already_in_ledger,movements_set_aside,proof$/,
  );
  expect(first).toMatch(new RegExp(`,${all},${all},0,0,proven$`));
});
