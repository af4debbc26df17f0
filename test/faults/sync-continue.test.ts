/** A sync that grows too long for one history goes on in another one, as the same sync. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isOwnerOpen } from '../../src/temporal/syncs';
import { startHarness } from '../support/worlds/harness';
import { startTemporalServer, type TemporalServer } from '../support/processes/temporal-server';

const COUNT = 950;
let server: TemporalServer;

beforeAll(async () => {
  // It asks for a new history after 100 events instead of thousands.
  server = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': 100 });
});
afterAll(() => server.stop());

it('counts over all its histories, keeps its lease, reads no page twice, and closes one row', async () => {
  const harness = await startHarness({ servers: { temporalAddress: server.address } });
  try {
    for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
    // The tail has to wait, so that the sync is met after it went on in another history.
    const away = { kind: 'status', status: 503, json: {} } as const;
    const late = harness.stripe.faults.add({ path: '/v1/events', fault: away });
    const run = await harness.start();
    const handle = harness.client.workflow.getHandle(run.workflowId);
    while ((await handle.describe()).runId === run.firstRunId) await sleep(20);
    expect(await isOwnerOpen(harness.client, run)).toBe(true);
    const second = await harness.start();
    expect(await harness.client.workflow.getHandle(second.workflowId).result()).toMatchObject({
      status: 'skipped',
      runningWorkflowId: run.workflowId,
    });
    late.remove();
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
    expect(listed.length).toBeGreaterThanOrEqual(Math.ceil(COUNT / 100));
    expect(new Set(listed.map(({ query }) => query)).size).toBe(listed.length);
    const rows = await harness.db.query(
      `select status from stripe_syncs where instance_id = $1 and status <> 'skipped'`,
      [harness.instanceId],
    );
    expect(rows).toEqual([{ status: 'completed' }]);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  } finally {
    await harness.close();
  }
});
