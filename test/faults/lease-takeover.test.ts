/** What becomes of a sync whose workflow was reset, ran out of time, or is unknown to Temporal. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  type WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { takeLease } from '../../src/engine/lease';
import { syncIdOf } from '../../src/domain/ids';
import { WORKFLOW_TYPE } from '../../src/domain/names';
import { findOpenSync, findSync, openSync, type NewSync } from '../../src/store/syncs';
import { isOwnerOpen } from '../../src/temporal/syncs';
import { startHarness, type Harness } from '../support/worlds/harness';

const COUNT = 60;
let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

type Run = Awaited<ReturnType<Harness['start']>>;

const handleOf = (run: Run) => harness.client.workflow.getHandle(run.workflowId);

/** New payments, and a ledger slow enough that their sync is met in the middle. */
async function paySlowly(ms = 100): Promise<void> {
  for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
  harness.blnk.faults.add({ fault: { kind: 'delay', ms } });
}

async function untilBooked(count: number): Promise<void> {
  while (harness.booked().length < count) await sleep(5);
}

/** In the ledger, each pay-in is there once; in the rows, each was posted by one sync. */
async function expectOnce(): Promise<void> {
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
  const [rows] = await harness.db.query(
    `select sum(records_posted)::int as posted, sum(records_already_posted)::int as there,
       count(*) filter (where status = 'running') as open
     from stripe_syncs where instance_id = $1`,
    [harness.instanceId],
  );
  expect(rows).toEqual({ posted: stripe.count, there: 0, open: 0 });
}

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];
type ResetPoint = NonNullable<Event['eventId']>;

/** Ids of the events of the chain's first run that it can be reset to, oldest first. */
async function resetPoints(run: Run): Promise<ResetPoint[]> {
  const first = harness.client.workflow.getHandle(run.workflowId, run.firstRunId);
  const { events } = await first.fetchHistory();
  return (events ?? []).flatMap((event) =>
    event.workflowTaskCompletedEventAttributes && event.eventId ? [event.eventId] : [],
  );
}

/** As the Web UI and `temporal workflow reset` do it. */
async function reset(run: Run, eventId: ResetPoint): Promise<string> {
  const { connection, options } = harness.client;
  const answer = await connection.workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: run.workflowId, runId: run.firstRunId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: eventId,
  });
  return answer.runId;
}

describe.each([
  ['its beginning', (points: readonly ResetPoint[]) => points[0]],
  ['its newest step', (points: readonly ResetPoint[]) => points.at(-1)],
])('a running sync that is reset to %s', (_what, choose) => {
  it('goes on as the same sync in the same row, and nobody takes it over', async () => {
    const before = harness.booked().length;
    await paySlowly();
    const run = await harness.start();
    await untilBooked(before + 10);
    const newRunId = await reset(run, choose(await resetPoints(run))!);
    const description = await handleOf(run).describe();
    expect(description).toMatchObject({ runId: newRunId, status: { name: 'RUNNING' } });
    // What the lease goes by: the chain's first run, which a reset keeps.
    expect(newRunId).not.toBe(run.firstRunId);
    expect(description.raw.workflowExecutionInfo?.firstRunId).toBe(run.firstRunId);
    expect(await isOwnerOpen(harness.client, run)).toBe(true);
    expect(await harness.sync()).toMatchObject({ status: 'skipped' });

    harness.blnk.faults.clear();
    expect(await harness.reportOf(run)).toMatchObject({
      status: 'completed',
      recordsFound: COUNT,
      recordsPosted: COUNT,
    });
    await expectOnce();
  });
});

it('a sync that has ended and is reset does nothing again, and says why', async () => {
  await harness.stripe.world.pay();
  const run = await harness.start();
  const report = await harness.reportOf(run);
  expect(report).toMatchObject({ status: 'completed', recordsPosted: 1 });
  const held = harness.booked().length;
  await harness.stripe.world.pay();
  for (const eventId of await resetPoints(run)) {
    const runId = await reset(run, eventId);
    const failure = await harness.client.workflow
      .getHandle(run.workflowId, runId)
      .result()
      .then(
        () => undefined,
        (error: unknown) => (error as WorkflowFailedError).cause,
      );
    // Reset to its very end it has nothing to do but to say once more how it ended.
    if (failure) expect(failure).toMatchObject({ type: 'SYNC_NOT_OPEN' });
  }
  expect(harness.booked()).toHaveLength(held);
  expect((await harness.reportOf(run)).row).toEqual(report.row);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
  await expectOnce();
});

it.each(['workflowRunTimeout', 'workflowExecutionTimeout'] as const)(
  'a sync that was ended by its %s is closed by the next one, which finishes its work',
  async (limit) => {
    await paySlowly(20_000);
    const workflowId = `test-${harness.instanceId}-${limit}`;
    const handle = await harness.client.workflow.start(WORKFLOW_TYPE, {
      taskQueue: harness.taskQueue,
      workflowId,
      args: [{ instanceId: harness.instanceId, trigger: 'cli' }],
      // Enough to open its row on a busy machine, and never enough to end.
      [limit]: '10s',
    });
    const owner = { workflowId, firstRunId: handle.firstExecutionRunId };
    await expect(handle.result()).rejects.toMatchObject({ name: 'WorkflowFailedError' });
    expect((await handle.describe()).status.name).toBe('TIMED_OUT');
    expect(await isOwnerOpen(harness.client, owner)).toBe(false);
    harness.blnk.faults.clear();
    const next = await harness.sync();
    expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const syncId = syncIdOf(harness.instanceId, owner.workflowId, owner.firstRunId);
    expect(await findSync(harness.db, syncId)).toMatchObject({
      status: 'failed',
      error: 'OWNER_GONE',
      errorDetails: { workflow: workflowId },
    });
    const { stripe, blnk } = harness.totals();
    expect(blnk).toEqual(stripe);
    expect(await findOpenSync(harness.db, harness.instanceId)).toBeUndefined();
  },
);

it('a sync whose owner Temporal does not know, as after its history was deleted, is taken over', async () => {
  const { instanceId } = harness;
  const owner = { workflowId: 'deleted-long-ago', firstRunId: randomUUID() };
  const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
  const sync = { syncId, instanceId, trigger: 'schedule', scope: { kind: 'full' }, ...owner };
  expect(await openSync(harness.db, sync as Parameters<typeof openSync>[1])).toBe(true);
  await harness.stripe.world.pay();
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
  expect(await findSync(harness.db, syncId)).toMatchObject({
    status: 'failed',
    error: 'OWNER_GONE',
    errorDetails: { workflow: 'deleted-long-ago' },
  });
});

it('a workflow id that another run has taken since is not the owner', async () => {
  await paySlowly();
  const run = await harness.start();
  while (!(await findOpenSync(harness.db, harness.instanceId))) await sleep(5);
  const { workflowId } = run;
  expect(await isOwnerOpen(harness.client, { workflowId, firstRunId: randomUUID() })).toBe(false);
  expect(await isOwnerOpen(harness.client, run)).toBe(true);
  harness.blnk.faults.clear();
  expect(await harness.reportOf(run)).toMatchObject({ status: 'completed' });
  expect(await isOwnerOpen(harness.client, run)).toBe(false);
});

it('an owner that Temporal cannot be asked about is taken for alive', async () => {
  const { instanceId, db } = harness;
  const connection = Connection.lazy({ address: '127.0.0.1:9' });
  const away = new Client({ connection });
  const owner = { workflowId: 'out-of-reach', firstRunId: randomUUID() };
  const ask = () => away.withDeadline(Date.now() + 500, () => isOwnerOpen(away, owner));
  await expect(ask()).rejects.toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });

  const sync = (one: typeof owner): NewSync => ({
    ...one,
    ...{ instanceId, trigger: 'schedule', scope: { kind: 'full' } },
    syncId: syncIdOf(instanceId, one.workflowId, one.firstRunId),
  });
  const [held, other] = [sync(owner), sync({ workflowId: 'other', firstRunId: randomUUID() })];
  expect(await openSync(db, held)).toBe(true);
  await expect(takeLease({ ...harness.deps, isOwnerOpen: ask }, other)).rejects.toMatchObject({
    code: 'TEMPORAL_UNAVAILABLE',
  });
  expect(await findOpenSync(db, instanceId)).toMatchObject({ syncId: held.syncId });
  expect(await findSync(db, other.syncId)).toBeUndefined();
  await connection.close();
});
