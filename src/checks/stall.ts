/** Whether what Temporal runs for an instance gets on: asked by `check` and `status`, and before each alert. */
import type { Client } from '@temporalio/client';
import { errorInfo } from '../domain/errors';
import { adhocWorkflowIdOf } from '../domain/ids';
import { describeStall, stallOf, type RunFact, type Stall } from '../domain/stall';
import type { Db } from '../store/db';
import { readOpenRun, type OpenRun } from '../store/stalls';
import { askBriefly } from '../temporal/briefly';
import { describeRun } from '../temporal/runs';
import { describeSchedule, type ScheduleState } from '../temporal/schedules';
import type { Probe } from './probe';
import { countWorkers } from './temporal-worker';

/**
 * The first of the instance's runs that does not get on: that of its open sync, and those that have
 * opened none yet.
 * @param schedule undefined: it has none
 */
export async function findStall(
  client: Client,
  db: Db,
  instanceId: string,
  schedule: Pick<ScheduleState, 'running'> | undefined,
): Promise<Stall | undefined> {
  const row = await readOpenRun(db, instanceId);
  if (!row) return undefined;
  const { now, movedAt, workflowId: owner } = row;
  const others = new Set([adhocWorkflowIdOf(instanceId), ...(schedule?.running ?? [])]);
  if (owner !== null) others.delete(owner);
  const described = await Promise.all([...others].map((id) => describeRun(client, id)));
  const open = described.filter((run) => run?.open === true);
  const runs = [
    ...(owner === null ? [] : [{ run: await ownerOf(client, owner, row), movedAt }]),
    ...open.map((run) => ({ run, movedAt: null })),
  ];
  const waits = runs.some(({ run }) => run?.waitsSince);
  const workers = waits ? await countWorkers(client, db) : 1;
  for (const { run, movedAt: moved } of runs) {
    const stall = run && stallOf({ now, run, workers, movedAt: moved });
    if (stall && (run.open || (await isStillOwner(db, instanceId, run)))) return stall;
  }
  return undefined;
}

/** A workflow that Temporal has forgotten, or whose id another run has taken since, is over. */
async function ownerOf(client: Client, workflowId: string, row: OpenRun): Promise<RunFact> {
  const { firstRunId: own, movedAt, now } = row;
  const run = await describeRun(client, workflowId);
  const firstRunId = own ?? '';
  if (run && (run.firstRunId === '' || run.firstRunId === firstRunId))
    return { ...run, firstRunId };
  const startedAt = movedAt ?? now;
  return {
    ...{ workflowId, firstRunId, startedAt, open: false, succeededAt: null },
    ...{ taskFails: false, waitsSince: null, codes: [] },
  };
}

/** A sync closes its row before its workflow ends. */
async function isStillOwner(db: Db, instanceId: string, run: RunFact): Promise<boolean> {
  return (await readOpenRun(db, instanceId))?.firstRunId === run.firstRunId;
}

export function stallProbe(
  openClient: () => Promise<Client>,
  openDb: () => Promise<Db>,
  instanceId: string,
): Probe {
  return {
    name: 'runs',
    after: ['database', 'Temporal'],
    async run() {
      const [client, db] = [await openClient(), await openDb()];
      const stall = await askBriefly(client, async () =>
        findStall(client, db, instanceId, await describeSchedule(client, instanceId)),
      );
      if (!stall) return { ok: true, detail: 'none stands still' };
      const { what, next } = describeStall(stall);
      return { ok: false, code: 'RUN_STALLED', detail: `${what} (${stall.workflowId})`, next };
    },
  };
}

/** Why the open sync tries a step again and again, as soon as it does. */
export function waitsProbe(client: Client, db: Db, instanceId: string): Probe {
  return {
    name: 'sync',
    async run() {
      const row = await readOpenRun(db, instanceId);
      const owner = row?.workflowId;
      const run = owner ? await askBriefly(client, () => describeRun(client, owner)) : undefined;
      const [code] = run?.codes ?? [];
      if (code === undefined) return { ok: true, detail: 'gets on' };
      const { what, next } = errorInfo(code);
      return { ok: false, code, detail: `tries again: ${code}: ${what}`, next };
    },
  };
}
