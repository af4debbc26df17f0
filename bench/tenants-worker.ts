/**
 * A worker for many instances: the product's activities and options, with a connection for each
 * instance made when it is first needed. As a program: `tenants-worker --ends <file>`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../src/activities';
import type { Connection } from '../src/activities/deps';
import { instanceSettings } from '../src/activities/source-check';
import { loadConfig } from '../src/config';
import { SyncError } from '../src/domain/errors';
import { TASK_QUEUE } from '../src/domain/names';
import { activityDeps } from '../src/instance';
import { connectInstance } from '../src/instances/registry';
import { endWithParent, entryPath, reportReady } from '../src/local/entry';
import { createLogger } from '../src/logger';
import { connectDb } from '../src/store/db';
import { ensureInstance } from '../src/store/instances';
import { WORKER_LIMITS } from '../src/temporal/worker-limits';
import { configOf, type Ends } from './tenant';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { ends: { type: 'string' } } });
  const ends = JSON.parse(readFileSync(values.ends ?? '', 'utf8')) as Ends;
  const configs = ends.stripes.map((_, number) => configOf(number, ends));
  const [first] = configs;
  const { external, temporalNamespace: namespace, logLevel } = loadConfig('cli');
  if (!first || !external) throw new Error('no instances, or no addresses in the environment');
  endWithParent();

  const db = connectDb(external.databaseUrl.reveal());
  for (const config of configs) await ensureInstance(db, instanceSettings(config));
  const connection = await NativeConnection.connect({ address: external.temporalAddress });
  const client = new Client({ connection, namespace });
  const byId = new Map(configs.map((config) => [config.id, config]));
  const connected = new Map<string, Connection>();
  const connect = async (instanceId: string): Promise<Connection> => {
    const config = byId.get(instanceId);
    if (!config) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
    const made = connected.get(instanceId) ?? connectInstance(() => Promise.resolve(db), config);
    connected.set(instanceId, made);
    return made;
  };
  const served = { instance: first, connected: undefined };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: entryPath('workflow-bundle') },
    activities: createActivities({
      ...activityDeps(db, client, served, createLogger(logLevel)),
      connect,
    }),
    ...WORKER_LIMITS,
    shutdownGraceTime: '1s',
    shutdownForceTime: '2s',
  });
  reportReady();
  await worker.run();
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
