/** `syncs cancel`: a sync ends with what it has done, and the next one does the rest. */
import type { Report } from '../../src/domain/report';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

const COUNT = 40;
let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', instanceId: 'cancels' });
});
afterAll(() => world.close());

test('with nothing to end it exits 3, also for a sync that has ended or never was', async () => {
  const [nothing, unknown, help] = await Promise.all([
    world.json('syncs', 'cancel'),
    world.cli('syncs', 'cancel', 'sync_nobody'),
    world.cli('syncs', 'cancel', '--help'),
  ]);
  expect(nothing).toMatchObject({ code: 3, data: { error: { code: 'NOT_FOUND' } } });
  expect(nothing.stderr).toMatch(/^NOT_FOUND: .*running sync of cancels/);
  expect(unknown.code).toBe(3);
  expect(unknown.stderr).toContain('sync_nobody');
  expect(help.stdout).toContain('npm run cli -- syncs cancel');
});

test('one that no worker has taken up yet ends without a row as soon as there is one', async () => {
  expect(await world.json('sync', '--detach')).toMatchObject({ code: 0 });
  const asked = await world.json('syncs', 'cancel', '--detach');
  expect(asked).toMatchObject({ code: 0, data: { workflowId: 'stripe-sync:cancels:adhoc' } });
  const ending = world.start('syncs', 'cancel', '--json');
  await ending.said(/Asked to end/);
  const worker = await startWorker(world.client, world.db, world.settings);
  try {
    const { code, stdout } = await ending.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled' });
    expect((await world.json('syncs', 'list')).data).toEqual([]);
  } finally {
    await worker.stop();
  }
});

test('one that runs closes its row as cancelled, and the next sync posts what is left', async () => {
  const worker = await startWorker(world.client, world.db, world.settings);
  try {
    const { world: payments } = world.stripe;
    await Promise.all(Array.from({ length: COUNT }, () => payments.pay()));
    const slow = world.blnk.faults.add({
      method: 'POST',
      path: '/transactions',
      skip: 10,
      fault: { kind: 'status', status: 503 },
    });
    await world.cli('sync', '--detach');
    while (world.blnk.ledger.rows.length === 0) await new Promise((done) => setTimeout(done, 20));
    const following = world.start('sync', '--json');
    await following.said(/A sync is running already/);
    const [listed] = (await world.json('syncs', 'list')).data as Report[];
    const { code, stderr, data } = await world.json('syncs', 'cancel', listed?.syncId ?? '');
    expect(code).toBe(0);
    const report = data as Report;
    expect(report).toMatchObject({ syncId: listed?.syncId, status: 'cancelled' });
    expect(report.recordsFound).toBe(report.recordsPosted);
    expect(stderr).toMatch(/Asked to end:\n {2}workflow {2}stripe-sync:cancels:adhoc\n/);
    // Who follows it sees that it was cancelled.
    expect((await following.ended).code).toBe(1);
    expect((await world.cli('syncs', 'cancel', report.syncId)).code).toBe(3);

    slow.remove();
    const next = (await world.json('sync')).data as Report;
    expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    expect(next.recordsFound + report.recordsFound).toBe(COUNT);
    expect(world.blnk.ledger.totals().transactions).toBe(COUNT);
  } finally {
    await worker.stop();
  }
});
