/** Whether a worker polls our task queue: without one, syncs wait. */
import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../domain/names';
import type { Probe } from './probe';

/** A poll lasts up to a minute, and the server lists a poller for 5 minutes after it has gone. */
const ALIVE_MS = 75_000;

export const NO_WORKER = `no worker polls the task queue ${TASK_QUEUE}`;
export const START_WORKER = 'Start one with npm start (or npm run worker).';

export async function countWorkers(client: Client): Promise<number> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: TASK_QUEUE },
  });
  const oldest = Date.now() - ALIVE_MS;
  const alive = pollers.filter(
    ({ lastAccessTime }) => (lastAccessTime?.seconds?.toNumber() ?? 0) * 1000 >= oldest,
  );
  return alive.length;
}

export function temporalWorkerProbe(open: () => Promise<Client>): Probe {
  return {
    name: 'worker',
    async run() {
      const workers = await countWorkers(await open());
      if (workers === 0) return { ok: false, detail: NO_WORKER, next: START_WORKER };
      return { ok: true, detail: `${workers} on task queue ${TASK_QUEUE}` };
    },
  };
}
