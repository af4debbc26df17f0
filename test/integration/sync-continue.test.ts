/** A sync that grows too long for one history goes on in another one, as the same sync. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from '../../src/local/ports';
import { temporalCli } from '../support/cli';
import { startHarness } from '../support/harness';

const COUNT = 950;
let server: ChildProcess;
let address: string;

beforeAll(async () => {
  const port = await freePort(0);
  address = `127.0.0.1:${port}`;
  // A server that asks for a new history after 100 events instead of thousands.
  const limit = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=100'];
  const listen = ['--ip', '127.0.0.1', '--port', String(port), '--headless'];
  server = spawn(await temporalCli(), ['server', 'start-dev', ...listen, ...limit], {
    stdio: 'ignore',
  });
  for (;;) {
    const connection = await Connection.connect({ address, connectTimeout: '1s' }).catch(
      () => undefined,
    );
    const ready = await connection?.workflowService
      .describeNamespace({ namespace: 'default' })
      .then(
        () => true,
        () => false,
      );
    await connection?.close();
    if (ready) return;
    await sleep(100);
  }
}, 60_000);
afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
});

it('counts over all its histories, reads no page twice, and closes one row', async () => {
  const harness = await startHarness({ servers: { temporalAddress: address } });
  try {
    for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
    const run = await harness.start();
    const sync = await harness.reportOf(run);
    expect(sync).toMatchObject({
      status: 'completed',
      recordsFound: COUNT,
      recordsPosted: COUNT,
      recordsAlreadyPosted: 0,
    });
    const { stripe, blnk } = harness.totals();
    expect(blnk).toEqual(stripe);

    const last = await harness.client.workflow.getHandle(run.workflowId).describe();
    expect(last.runId).not.toBe(run.firstRunId);
    expect(last.raw.workflowExecutionInfo?.firstRunId).toBe(run.firstRunId);
    const progress = await harness.client.workflow.getHandle(run.workflowId).query('progress');
    expect(progress).toMatchObject({ found: COUNT, posted: COUNT, syncId: sync.syncId });

    const listed = harness.stripe.requests.list('/v1/payment_intents');
    expect(listed).toHaveLength(Math.ceil(COUNT / 100));
    const rows = await harness.db.query('select status from stripe_syncs where instance_id = $1', [
      harness.instanceId,
    ]);
    expect(rows).toEqual([{ status: 'completed' }]);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  } finally {
    await harness.close();
  }
}, 60_000);
