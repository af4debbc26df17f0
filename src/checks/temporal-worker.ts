/** Whether a worker polls our task queue, with the settings that are in force: without one, syncs wait. */
import type { Client } from '@temporalio/client';
import { errorInfo } from '../domain/errors';
import { TASK_QUEUE } from '../domain/names';
import { count, formatTime } from '../domain/text';
import type { Db } from '../store/db';
import { listWorkers, type WorkerRow } from '../store/workers';
import { askBriefly } from '../temporal/briefly';
import type { Finding, Probe } from './probe';
import { differingSettings, type ServedSettings } from './worker-settings';

/** Milliseconds. A poll lasts up to a minute, and the server lists a poller for 5 minutes after it has gone. */
const POLL_MS = 75_000;

export const NO_WORKER = `no worker polls the task queue ${TASK_QUEUE}`;
export const START_WORKER = 'Start one with npm start (or npm run worker).';

/** One that polls and gives signs of life. */
export interface LivingWorker {
  readonly identity: string;
  /** null: it has none in our database, as a worker of an earlier version. */
  readonly row: WorkerRow | null;
}

/**
 * Workers that live. What Temporal lists may have ended a minute ago; of one that signs into our
 * database that is known within half a minute.
 * @param db undefined: it cannot be asked
 */
async function livingWorkers(client: Client, db?: Db): Promise<LivingWorker[]> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: TASK_QUEUE },
  });
  const rows = db && pollers.length > 0 ? await listWorkers(db) : [];
  const oldest = Date.now() - POLL_MS;
  const polling = pollers
    .filter(({ lastAccessTime }) => (lastAccessTime?.seconds?.toNumber() ?? 0) * 1000 >= oldest)
    .map(({ identity }) => {
      const row = rows.find((one) => one.identity === identity);
      return { identity: identity ?? '', row: row ?? null };
    });
  return polling.filter(({ row }) => row?.gone !== true);
}

export async function countWorkers(client: Client, db?: Db): Promise<number> {
  return (await livingWorkers(client, db)).length;
}

/** A living worker that runs with other settings, and which these are. */
export interface OutdatedWorker {
  readonly worker: WorkerRow;
  readonly settings: readonly string[];
}

async function outdatedWorkers(
  workers: readonly LivingWorker[],
  served: ServedSettings,
  instanceId: string,
): Promise<OutdatedWorker[]> {
  const known = workers.flatMap(({ row }) => row ?? []);
  const compared = await Promise.all(
    known.map(async (worker) => {
      return { worker, settings: await differingSettings(worker, served, instanceId) };
    }),
  );
  return compared.filter(({ settings }) => settings.length > 0);
}

/** Whether a worker would go on with what was just found to be mended: its own keys may be the old ones. */
export async function hasOutdatedWorker(
  client: Client,
  db: Db,
  served: ServedSettings,
  instanceId: string,
): Promise<boolean> {
  const workers = await askBriefly(client, () => livingWorkers(client, db));
  return (await outdatedWorkers(workers, served, instanceId)).length > 0;
}

/** @param openDb undefined, or failing: workers are counted by Temporal alone */
export function temporalWorkerProbe(
  open: () => Promise<Client>,
  openDb: () => Promise<Db | undefined>,
  served: ServedSettings,
  instanceId: string,
): Probe {
  return {
    name: 'worker',
    after: ['Temporal'],
    async run(): Promise<Finding> {
      const client = await open();
      const db = await openDb();
      const workers = await askBriefly(client, () => livingWorkers(client, db));
      if (workers.length === 0)
        return { ok: false, code: 'WORKER_MISSING', detail: NO_WORKER, next: START_WORKER };
      const outdated = await outdatedWorkers(workers, served, instanceId);
      if (outdated.length > 0) return describeOutdated(outdated, workers.length);
      return { ok: true, detail: `${workers.length} on task queue ${TASK_QUEUE}` };
    },
  };
}

function describeOutdated(outdated: readonly OutdatedWorker[], all: number): Finding {
  const settings = [...new Set(outdated.flatMap((one) => one.settings))].join(', ');
  const who = outdated
    .map(({ worker }) => `${worker.identity}, started ${formatTime(worker.startedAt)}`)
    .join('; ');
  const { next } = errorInfo('WORKER_OUTDATED');
  const of = `${outdated.length} of ${count(all, 'worker')}`;
  return {
    ok: false,
    code: 'WORKER_OUTDATED',
    detail: `${of} not started with the settings of now: ${settings} (${who})`,
    next,
  };
}
