/**
 * Makes Temporal do what an instance's row says: a schedule and nothing in its way when it can sync, no
 * schedule and no run when it cannot. It goes by the row alone, so it may run at any time and again.
 */
import { closeForOwner } from '../engine/lease';
import { SyncError } from '../domain/errors';
import { findAccess, type AccessRow } from '../store/access';
import { findOpenSync } from '../store/syncs';
import { applySchedule } from '../temporal/schedules';
import { cancelWorkflow, deleteSchedule, terminateWorkflow } from '../temporal/stopping';
import { isOwnerOpen } from '../temporal/syncs';
import type { InstanceDeps } from './deps';
import { liftOnceWell } from './lift-pause';
import { standingOf } from './view';

/** Milliseconds after which a cancelled run is ended by force: no worker has taken the cancellation up. */
const CANCEL_MS = 60_000;

export interface Settled {
  /** The version of the row that Temporal now does; undefined: a run has not ended yet. */
  readonly version: number | undefined;
}

/** @param sinceMs how long this has been wanted */
export async function settle(
  deps: InstanceDeps,
  instanceId: string,
  sinceMs: number,
): Promise<Settled> {
  const row = await findAccess(deps.db, instanceId);
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  const { version } = row;
  // Its schedule is applied by the program that has its settings, or by a person.
  if (row.origin === 'environment') return { version };
  if (standingOf(row, deps.connected) === 'ready') {
    await schedule(deps, row);
    return { version };
  }
  return { version: (await stop(deps, instanceId, sinceMs)) ? version : undefined };
}

async function schedule(deps: InstanceDeps, row: AccessRow): Promise<void> {
  const client = await deps.temporal();
  await applySchedule(client, row.instanceId, row.cron ?? deps.cron);
  await liftOnceWell(deps, client, row.instanceId);
}

/** @returns whether nothing runs any more */
async function stop(deps: InstanceDeps, instanceId: string, sinceMs: number): Promise<boolean> {
  const { db, log } = deps;
  const client = await deps.temporal();
  const workflows = new Set(await deleteSchedule(client, instanceId));
  const open = await findOpenSync(db, instanceId);
  if (open) workflows.add(open.workflowId);
  for (const workflowId of workflows) await cancelWorkflow(client, workflowId);
  if (!open) return true;
  if (await isOwnerOpen(client, open)) {
    if (sinceMs < CANCEL_MS) return false;
    await terminateWorkflow(client, open.workflowId, 'the instance was removed');
    log.warn({ instanceId, workflowId: open.workflowId }, 'sync.terminated');
  }
  // The run closes its own row when it can; this one could not.
  await db.transaction((tx) => closeForOwner(tx, open, 'cancelled', 'INSTANCE_INACTIVE'));
  return true;
}
