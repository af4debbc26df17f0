/** What the pages ask Temporal. A page waits for it only shortly: the rest is worth seeing without. */
import type { Client } from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { codeOf } from '../temporal/faults';
import { syncIdOf } from '../domain/ids';
import { findSync, type Owner } from '../store/syncs';
import { findOpenRuns } from '../temporal/runs';
import { describeSchedule } from '../temporal/schedules';
import type { PortalDeps } from './visit';

/** Milliseconds; Temporal answers within some ten. */
const ANSWER_MS = 3_000;

/** @throws SyncError TEMPORAL_UNAVAILABLE, also when the answer takes too long */
export async function askTemporal<T>(
  { temporal }: Pick<PortalDeps, 'temporal'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + ANSWER_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SyncError('TEMPORAL_UNAVAILABLE')), ANSWER_MS);
  });
  const answer = async () => {
    const client = await temporal();
    return client.withDeadline(deadline, () => work(client));
  };
  try {
    return await Promise.race([answer(), late]);
  } catch (error) {
    if (error instanceof SyncError || codeOf(error) === 'INTERNAL') throw error;
    throw new SyncError('TEMPORAL_UNAVAILABLE', {}, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** undefined: Temporal cannot be asked. */
export async function unlessAway<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'TEMPORAL_UNAVAILABLE') return undefined;
    throw error;
  }
}

/**
 * The sync that Temporal has begun and that has no row yet, as while its worker is away: one that a person
 * has started, or one of the schedule. One whose row is closed is about to end.
 */
export async function findStartingSync(
  { db }: Pick<PortalDeps, 'db'>,
  client: Client,
  instanceId: string,
): Promise<Owner | undefined> {
  const schedule = await describeSchedule(client, instanceId);
  const [run] = await findOpenRuns(client, instanceId, schedule?.running ?? []);
  if (!run) return undefined;
  const { workflowId, firstRunId } = run;
  const row = await findSync(db, syncIdOf(instanceId, workflowId, firstRunId));
  return row === undefined || row.status === 'running' ? { workflowId, firstRunId } : undefined;
}
