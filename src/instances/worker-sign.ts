/** Signs of life of a worker, with marks of its settings: written by the worker, read by whoever asks for its health. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { marksOf, type ServedSettings } from '../checks/worker-settings';
import type { Logger } from '../logger';
import type { Db } from '../store/db';
import { forgetWorkers, SIGN_EVERY_S, signOffWorker, signWorker } from '../store/workers';
import { codeOf } from '../temporal/faults';

/** As the SDK has it, and unlike that of any other: in containers each worker is process 1. */
export function workerIdentity(): string {
  return `${process.pid}@${hostname()}#${randomBytes(4).toString('hex')}`;
}

export interface WorkerSign {
  /** Says goodbye. */
  stop(): Promise<void>;
}

/** Signs at once, and from then on every few seconds. A database that is away for a while keeps no worker from its work. */
export async function signWorkerIn(
  { db, log, served }: { readonly db: Db; readonly log: Logger; readonly served: ServedSettings },
  identity: string,
): Promise<WorkerSign> {
  const marks = await marksOf(identity, served);
  const sign = () => signWorker(db, identity, marks);
  await forgetWorkers(db);
  await sign();
  let signing: Promise<void> = Promise.resolve();
  const failed = (error: unknown) => log.warn({ code: codeOf(error) }, 'worker.sign_failed');
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    signing = sign()
      .catch(failed)
      .finally(() => (busy = false));
  }, SIGN_EVERY_S * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await signing;
      await signOffWorker(db, identity).catch(failed);
    },
  };
}
