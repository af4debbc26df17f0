/** Entry: the Temporal worker. Needs an external or local Temporal and Postgres by their addresses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Runtime, Worker, type LogLevel } from '@temporalio/worker';
import { Client } from '@temporalio/client';
import { createActivities } from './activities';
import { startAlerts } from './alerts/loop';
import { instanceSettings } from './engine/instance-settings';
import { loadConfig } from './config';
import { unsafeSettings } from './config/unsafe';
import { SyncError } from './domain/errors';
import { TASK_QUEUE } from './domain/names';
import { exitCodeOf, explainError } from './exit';
import { activityDeps } from './instance';
import { signWorkerIn, workerIdentity } from './instances/worker-sign';
import { endWithParent, entryPath, reportReady } from './local/process/entry';
import { checkKeyring } from './instances/canary';
import { createLogger, type Logger } from './logger';
import { onceUp } from './patience';
import { createKeyring } from './secrets/keyring';
import { connectDb } from './store/db';
import { ensureInstance } from './store/instances';
import { checkSchema } from './store/migrate';
import { connectWorker, requireNamespace } from './temporal/worker-connection';
import { UNREADABLE_HISTORY_FAILS, versionOptions, WORKER_LIMITS } from './temporal/worker-limits';

async function run(): Promise<void> {
  const config = loadConfig('worker');
  const { instance, external, connected } = config;
  if (!external) throw new SyncError('SETTINGS_INVALID');
  const log = createLogger(config);
  // Once per process and before anything else of the SDK: it installs the signal handlers.
  Runtime.install({
    logger: temporalLogger(log),
    // Of its native part too, which would otherwise write lines of its own form.
    telemetryOptions: { logging: { forward: {} } },
  });
  for (const unsafe of unsafeSettings(config)) log.warn(unsafe, 'setting.unsafe');
  endWithParent();

  const db = connectDb(external.databaseUrl.reveal());
  const waiting = ({ code, details }: SyncError) =>
    log.warn({ code, ...details }, 'worker.waiting');
  await onceUp(() => checkSchema(db), waiting);
  if (connected) await checkKeyring(db, connected);
  if (instance) await ensureInstance(db, instanceSettings(instance));
  const address = { address: external.temporalAddress, namespace: config.temporalNamespace };
  const connection = await onceUp(() => connectWorker(address), waiting);
  await requireNamespace(connection, config.temporalNamespace, (ms) => sleep(ms));
  const client = new Client({ connection, namespace: config.temporalNamespace });
  const identity = workerIdentity();
  const worker = await Worker.create({
    connection,
    identity,
    namespace: config.temporalNamespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: entryPath('workflow-bundle') },
    activities: createActivities(activityDeps(db, client, config, log)),
    ...WORKER_LIMITS,
    ...UNREADABLE_HISTORY_FAILS,
    ...versionOptions(config.workerVersion),
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  });
  const sign = await signWorkerIn({ db, log, served: config }, identity);
  const alerts = startAlerts({
    ...{ db, log, served: config, webhook: config.alertWebhook },
    keyring: connected && createKeyring(connected.encryptionKeys),
    temporal: () => Promise.resolve(client),
  });
  log.info({ taskQueue: TASK_QUEUE, instanceId: instance?.id }, 'worker.ready');
  reportReady();
  await worker.run();
  await alerts.stop();
  await sign.stop();
  await connection.close();
  await db.close();
  log.info('worker.stopped');
}

function temporalLogger(log: Logger) {
  const levels: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'debug', // the SDK's own starts and stops; ours say what matters
    WARN: 'warn',
    ERROR: 'error',
  };
  const write = (level: LogLevel, message: string, meta: Record<string | symbol, unknown> = {}) =>
    log[levels[level]]({ temporal: message, ...idsOf(meta) }, 'temporal');
  return {
    log: write,
    trace: (message: string, meta = {}) => write('TRACE', message, meta),
    debug: (message: string, meta = {}) => write('DEBUG', message, meta),
    info: (message: string, meta = {}) => write('INFO', message, meta),
    warn: (message: string, meta = {}) => write('WARN', message, meta),
    error: (message: string, meta = {}) => write('ERROR', message, meta),
  };
}

/** Ids only: the SDK's metadata may hold whole errors. */
function idsOf(meta: Record<string | symbol, unknown>): Record<string, unknown> {
  const names = ['workflowId', 'runId', 'activityId', 'activityType', 'attempt', 'code'];
  return Object.fromEntries(names.flatMap((name) => (name in meta ? [[name, meta[name]]] : [])));
}

run().catch((error: unknown) => {
  process.stderr.write(`${explainError(error)}\n`);
  process.exit(exitCodeOf(error));
});
