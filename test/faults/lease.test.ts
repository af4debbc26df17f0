/** One sync per instance: who comes second is skipped, who is gone is replaced and writes no more. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowFailedError } from '@temporalio/client';
import { takeLease } from '../../src/engine/lease';
import { finishSync } from '../../src/engine/finish';
import type { EngineDeps } from '../../src/engine/deps';
import { SyncError } from '../../src/domain/errors';
import { syncIdOf } from '../../src/domain/ids';
import type { Db } from '../../src/store/db';
import { savePage } from '../../src/store/pages';
import { writeOutcomes } from '../../src/store/movements';
import { findOpenSync, findSync } from '../../src/store/syncs';
import type { SyncResult } from '../../src/workflows/stripe-sync';
import { expectEqual } from '../support/books/expect-equal';
import { startHarness, type Harness } from '../support/worlds/harness';

const COUNT = 160;
let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

type Run = Awaited<ReturnType<Harness['start']>>;

const handleOf = (run: Run) => harness.client.workflow.getHandle(run.workflowId);

/** Starts a sync of new payments, slow enough to be met in the middle. */
async function startSlow(): Promise<{ run: Run; syncId: string }> {
  for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
  harness.blnk.faults.add({ fault: { kind: 'delay', ms: 400 } });
  const run = await harness.start();
  for (;;) {
    const open = await findOpenSync(harness.db, harness.instanceId);
    if (open) return { run, syncId: open.syncId };
    await sleep(10);
  }
}

async function untilBooked(count: number): Promise<void> {
  while (harness.booked().length < count) await sleep(5);
}

it('a second sync is skipped, names the one that runs, and leaves it alone', async () => {
  const { run, syncId } = await startSlow();
  const second = await harness.start();
  const result = (await handleOf(second).result()) as SyncResult;
  expect(result).toMatchObject({ status: 'skipped', runningWorkflowId: run.workflowId });
  expect(await harness.reportOf(second)).toMatchObject({
    status: 'skipped',
    recordsFound: 0,
    error: { code: 'SYNC_ALREADY_RUNNING' },
    row: { errorDetails: { sync: syncId } },
  });
  harness.blnk.faults.clear();
  expect(await harness.reportOf(run)).toMatchObject({ status: 'completed', recordsPosted: COUNT });
  expectEqual(harness);
});

it('a sync whose workflow was terminated is closed by the next one, which finishes its work', async () => {
  const before = harness.booked().length;
  const { run, syncId } = await startSlow();
  await untilBooked(before + 20);
  await handleOf(run).terminate('gone');
  harness.blnk.faults.clear();
  const next = await harness.sync();
  expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });

  const old = await findSync(harness.db, syncId);
  expect(old).toMatchObject({
    status: 'failed',
    error: 'OWNER_GONE',
    errorDetails: { workflow: run.workflowId },
  });
  // Each payment is counted by the sync that wrote its outcome, and by no other.
  expect(old!.counts.found + next.recordsFound).toBe(COUNT);
  expect(old!.counts.posted).toBe(old!.counts.found);
  expectEqual(harness);
});

it('the old owner of a taken lease can write nothing more', async () => {
  const { run, syncId } = await startSlow();
  const [page] = await (async () => {
    for (;;) {
      const pages = await harness.db.query<{ pageId: string; sourceId: string; id: string }>(
        `select page_id as "pageId", source_id as "sourceId", movement_id as id from movements
         where sync_id = $1 and state = 'staged' limit 1`,
        [syncId],
      );
      if (pages.length > 0) return pages;
      await sleep(10);
    }
  })();
  await handleOf(run).terminate('gone');
  harness.blnk.faults.clear();
  await harness.sync();

  const { instanceId } = harness;
  const { pageId, sourceId, id } = page!;
  const snapshot = () =>
    harness.db.query('select * from movements where instance_id = $1 order by 2', [instanceId]);
  const before = await snapshot();
  const outcome = { kind: 'quarantined', movementId: id, reason: 'BLNK_FAILED' } as const;
  await expect(
    writeOutcomes(harness.db, { syncId, instanceId, sourceId, pageId }, [outcome]),
  ).rejects.toMatchObject({ code: 'SYNC_NOT_OPEN' });
  await expect(savePage(harness.db, syncId, pageId)).rejects.toMatchObject({
    code: 'SYNC_NOT_OPEN',
  });
  expect(await snapshot()).toEqual(before);
  expectEqual(harness);
});

it('a cancelled sync closes its row with what it has done, and the next one does the rest', async () => {
  const before = harness.booked().length;
  const { run } = await startSlow();
  await untilBooked(before + 20);
  await handleOf(run).cancel();
  const cancelled = await harness.reportOf(run);
  harness.blnk.faults.clear();
  expect(cancelled).toMatchObject({ status: 'cancelled' });
  expect(cancelled.error).toBeUndefined();
  expect(cancelled.completedAt).not.toBeNull();
  expect(cancelled.recordsPosted).toBeGreaterThan(0);
  expect(cancelled.recordsFound).toBeLessThan(COUNT);

  const next = await harness.sync();
  expect(next).toMatchObject({ status: 'completed' });
  expect(cancelled.recordsFound + next.recordsFound).toBe(COUNT);
  expectEqual(harness);
});

it('an instance that nobody has made ends the sync at once', async () => {
  const run = await harness.start({ instanceId: 'nobody' });
  const failure = await handleOf(run)
    .result()
    .then(
      () => undefined,
      (error: unknown) => (error as WorkflowFailedError).cause,
    );
  expect(failure).toMatchObject({ type: 'INSTANCE_UNKNOWN', details: [{ instance: 'nobody' }] });
});

describe('activities that run twice, because their first answer was lost', () => {
  const newSync = (name: string) => {
    const { instanceId } = harness;
    const owner = { workflowId: `workflow-${name}`, firstRunId: `run-${name}` };
    const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
    return { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner } as const;
  };
  /** Only what the lease and the end of a sync need of the worker. */
  const deps = (fields: Partial<EngineDeps>): EngineDeps => ({
    db: harness.db,
    log: { warn: () => undefined, info: () => undefined } as unknown as EngineDeps['log'],
    connect: () => Promise.reject(new Error('not connected')),
    isOwnerOpen: () => Promise.resolve(true),
    pauseSchedule: () => Promise.resolve(),
    patience: { silenceMs: 0, neverAnsweredMs: 0, refusedMs: 0, roundWaitsMs: [], searchMs: 0 },
    ...fields,
  });

  it('beginSync of the owner finds its own lease, and of a skipped run the holder again', async () => {
    const [holder, second] = [newSync('holder'), newSync('second')];
    expect(await takeLease(deps({}), holder)).toBeUndefined();
    expect(await takeLease(deps({}), holder)).toBeUndefined();
    for (let time = 0; time < 2; time += 1) {
      expect(await takeLease(deps({}), second)).toMatchObject({ syncId: holder.syncId });
    }
    expect(await findSync(harness.db, second.syncId)).toMatchObject({ status: 'skipped' });
    // Whoever asks Temporal in vain takes nothing over.
    const unknown = new SyncError('TEMPORAL_UNAVAILABLE');
    const blind = deps({ isOwnerOpen: () => Promise.reject(unknown) });
    await expect(takeLease(blind, newSync('third'))).rejects.toBe(unknown);
    expect(await findSync(harness.db, holder.syncId)).toMatchObject({ status: 'running' });

    const next = newSync('fourth');
    const gone = deps({ isOwnerOpen: () => Promise.resolve(false) });
    expect(await takeLease(gone, next)).toBeUndefined();
    expect(await findSync(harness.db, holder.syncId)).toMatchObject({ error: 'OWNER_GONE' });
    await expect(takeLease(gone, holder)).rejects.toMatchObject({ code: 'SYNC_NOT_OPEN' });
    expect(await findOpenSync(harness.db, harness.instanceId)).toMatchObject({
      syncId: next.syncId,
    });
    await finish(next, {});
  });

  it('beginSync that was taken for dead finds the lease that its repeat has taken, and goes on', async () => {
    const [old, next] = [newSync('old'), newSync('next')];
    expect(await takeLease(deps({}), old)).toBeUndefined();
    const isOwnerOpen = ({ workflowId }: { workflowId: string }) =>
      Promise.resolve(workflowId === next.workflowId);
    let repeated = false;
    const db: Db = {
      ...harness.db,
      async query<Row>(sql: string, parameters?: readonly unknown[]) {
        const rows = await harness.db.query<Row>(sql, parameters);
        if (!repeated && sql.includes('where sync_id = $1')) {
          repeated = true;
          expect(await takeLease(deps({ isOwnerOpen }), next)).toBeUndefined();
        }
        return rows;
      },
    };
    expect(await takeLease(deps({ isOwnerOpen, db }), next)).toBeUndefined();
    expect(repeated).toBe(true);
    expect(await findSync(harness.db, next.syncId)).toMatchObject({ status: 'running' });
    await finish(next, {});
  });

  const finish = (
    { workflowId, firstRunId }: ReturnType<typeof newSync>,
    fields: Partial<EngineDeps>,
    code?: string,
  ) =>
    finishSync(
      deps(fields),
      {
        instanceId: harness.instanceId,
        outcome: code === undefined ? 'completed' : 'failed',
        ...(code !== undefined && { error: { code, details: {} } }),
      },
      { workflowId, firstRunId },
    );

  it('finishSync pauses the schedule even if Temporal did not answer the first time', async () => {
    const sync = newSync('paused');
    expect(await takeLease(deps({}), sync)).toBeUndefined();
    const asked: string[] = [];
    const pauseSchedule = (_instanceId: string, code: string) => {
      asked.push(code);
      return asked.length === 1 ? Promise.reject(new Error('no answer')) : Promise.resolve();
    };
    await expect(finish(sync, { pauseSchedule }, 'STRIPE_KEY_REJECTED')).rejects.toThrow();
    expect(await finish(sync, { pauseSchedule }, 'STRIPE_KEY_REJECTED')).toMatchObject({
      status: 'failed',
    });
    expect(asked).toEqual(['STRIPE_KEY_REJECTED', 'STRIPE_KEY_REJECTED']);
    expect(await findSync(harness.db, sync.syncId)).toMatchObject({
      status: 'failed',
      error: 'STRIPE_KEY_REJECTED',
    });
    // A third time it is closed already, and stays as it is.
    expect(await finish(sync, { pauseSchedule })).toMatchObject({ status: 'failed' });
  });
});
