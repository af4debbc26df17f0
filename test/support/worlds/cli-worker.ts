/** A worker on the one task queue, in a namespace where it is nobody else's. */
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../../src/activities';
import { PATIENCE } from '../../../src/engine/deps';
import { instanceSettings } from '../../../src/engine/instance-settings';
import { loadConfig } from '../../../src/config';
import { TASK_QUEUE } from '../../../src/domain/names';
import { activityDeps } from '../../../src/instance';
import { signWorkerIn, workerIdentity } from '../../../src/instances/worker-sign';
import type { Db } from '../../../src/store/db';
import { ensureInstance } from '../../../src/store/instances';
import { UNREADABLE_HISTORY_FAILS } from '../../../src/temporal/worker-limits';
import { testEnvironment } from '../environment';
import { installRuntime } from '../processes/runtime';
import type { Settings } from '../processes/cli-process';

/** @param code a bundle of workflow code. Default: today's */
export async function startWorker(
  client: Client,
  db: Db,
  settings: Settings,
  code = testEnvironment().bundle,
): Promise<{ stop: () => Promise<void> }> {
  const { temporalAddress } = testEnvironment();
  installRuntime();
  const served = loadConfig('cli', settings);
  if (served.instance) await ensureInstance(db, instanceSettings(served.instance));
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  // Many short rounds: a fault that a test ends is over for the sync at once. No test waits for minutes.
  const roundWaitsMs = Array<number>(300).fill(100);
  const patience = { ...PATIENCE, refusedMs: 2_000, roundWaitsMs };
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const identity = workerIdentity();
  const sign = await signWorkerIn({ db, log, served }, identity);
  const worker = await Worker.create({
    identity,
    connection,
    namespace: client.options.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: code },
    ...UNREADABLE_HISTORY_FAILS,
    activities: createActivities(activityDeps(db, client, served, log, { patience })),
    shutdownForceTime: '30s',
    // A cancellation reaches an activity with its heartbeats.
    maxHeartbeatThrottleInterval: '200ms',
  });
  const ended = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await ended;
      await sign.stop();
      await connection.close();
    },
  };
}
