/** The worker as users run it: its own process, which a test may kill. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { testEnvironment } from './environment';

export interface WorkerProcess {
  readonly pid: number;
  /** Ends it at once, or in its ordinary way with SIGTERM, and waits until it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** @param settings of the instance, in the form of the environment */
export async function startWorkerProcess(
  settings: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
  const { databaseUrl, temporalAddress } = testEnvironment();
  const child = fork(join(__dirname, '../../dist/worker.js'), {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await ready(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker has no process id');
  return {
    pid,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the worker ended before it was ready, exit code ${String(code)}`);
    }),
  ])) as [{ type?: string }];
  if (message.type !== 'ready') throw new Error('the worker did not report that it is ready');
}
