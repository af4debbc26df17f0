/** Lifts a pause of ours once everything that a sync needs passes; never one that a person has set. */
import type { Client } from '@temporalio/client';
import { carriesMovements, syncProbes } from '../checks/ends';
import { runProbes } from '../checks/probe';
import { hasOutdatedWorker } from '../checks/temporal-worker';
import type { ErrorCode } from '../domain/errors';
import type { Db } from '../store/db';
import { askBriefly } from '../temporal/briefly';
import { describeSchedule, liftOurPause } from '../temporal/schedules';
import { createRegistry, type Limits, type Served } from './registry';

export interface LiftDeps {
  readonly db: Db;
  readonly served: Served;
  readonly limits?: Limits;
}

/**
 * @returns the code that the pause was for; undefined: it stays, or there is none
 * @throws SyncError when the instance has no access to be tried
 */
export async function liftOnceWell(
  { db, served, limits }: LiftDeps,
  client: Client,
  instanceId: string,
): Promise<ErrorCode | undefined> {
  const state = await askBriefly(client, () => describeSchedule(client, instanceId));
  if (state?.pausedByUs !== true) return undefined;
  const ends = await createRegistry(db, served, limits).connect(instanceId);
  const open = () => Promise.resolve(db);
  const withMovements = await carriesMovements(open, instanceId);
  const findings = await runProbes(syncProbes(ends, open, withMovements));
  if (!findings.every(({ ok }) => ok)) return undefined;
  // What passes here would fail the same way again with the settings of a worker that was not restarted.
  if (await hasOutdatedWorker(client, db, served, instanceId)) return undefined;
  return askBriefly(client, () => liftOurPause(client, instanceId));
}
