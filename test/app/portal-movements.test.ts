/** What the portal shows of a run besides its pay-ins: movements while they are read, what came of them, and the proof. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../support/worlds/cli-worker';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
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

async function connected() {
  const installed = world.install(newInstanceId());
  const id = installed.instance_id;
  await world.post(installed);
  await world.reconcile(id);
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  return { id, ...(await openPortal(world, installed)) };
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
  expect(run).toMatch(/Proof Proven .* USD [\d,.]+ [\d,.]+ 0\.00/);
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
