/**
 * Entry: the HTTP service of the Blnk Cloud app, and the loop that carries out what it takes. Needs
 * Temporal and Postgres by their addresses.
 */
import { databaseProbe } from './checks/database';
import { temporalServerProbe } from './checks/temporal-server';
import { startAlerts } from './alerts/loop';
import { firstPlanner } from './instances/first-planner';
import { instanceSettings } from './engine/instance-settings';
import { loadConfig } from './config';
import { unsafeSettings } from './config/unsafe';
import { SyncError } from './domain/errors';
import { exitCodeOf, explainError } from './exit';
import { createService } from './http/service';
import { checkKeyring } from './instances/canary';
import { storeDeps } from './instances/deps';
import { startReconciler } from './instances/reconcile';
import { endWithParent, reportReady } from './local/process/entry';
import { createLogger } from './logger';
import { onceUp } from './patience';
import { callbackRoute } from './http/routes/callback';
import { healthRoutes } from './http/routes/health';
import { launchRoute } from './http/routes/launch';
import { portalRoutes } from './http/routes/portal';
import { connectDb } from './store/db';
import { ensureInstance } from './store/instances';
import { openIntents } from './store/intents';
import { checkSchema } from './store/migrate';
import { createTemporalLink } from './temporal/connection';
import { DEFAULT_CRON } from './temporal/schedules';

async function run(): Promise<void> {
  const config = loadConfig('server');
  const { app, external, instance, listen } = config;
  if (!app || !external) throw new SyncError('SETTINGS_INVALID');
  const log = createLogger(config);
  for (const unsafe of unsafeSettings(config)) log.warn(unsafe, 'setting.unsafe');
  endWithParent();

  const db = connectDb(external.databaseUrl.reveal());
  await onceUp(
    () => checkSchema(db),
    ({ code, details }) => log.warn({ code, ...details }, 'server.waiting'),
  );
  if (config.connected) await checkKeyring(db, config.connected);
  if (instance) await ensureInstance(db, instanceSettings(instance));
  const store = storeDeps(db, config);
  if (!store) throw new SyncError('SETTINGS_INVALID');
  // Installs are taken also while Temporal is away.
  const temporal = createTemporalLink({
    address: external.temporalAddress,
    namespace: config.temporalNamespace,
  });
  const cron = config.cron ?? DEFAULT_CRON;
  const instances = { ...store, temporal: temporal.client, cron, log };
  const reconciler = startReconciler(instances);
  const { callbackSecrets, launchSecrets, publicUrl } = app;
  const alerts = startAlerts({
    ...{ db, log, served: config, webhook: config.alertWebhook, keyring: store.keyring },
    temporal: temporal.client,
  });
  const service = await createService({
    log,
    clients: config.clients,
    secure: publicUrl.protocol === 'https:',
    routes: [
      healthRoutes({
        probes: [
          databaseProbe(() => checkSchema(db).then(() => db), 'DATABASE_URL'),
          temporalServerProbe(temporal.client),
        ],
        backlog: () => openIntents(db),
      }),
      callbackRoute({ secrets: callbackSecrets, store, log }),
      launchRoute({ secrets: launchSecrets, db, publicUrl, log }),
      portalRoutes({ ...instances, publicUrl, plan: firstPlanner(db) }),
    ],
  });
  await service.listen(listen);
  log.info({ ...listen }, 'server.ready');
  reportReady({ port: listen.port });

  await new Promise<void>((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve));
  await service.close();
  await Promise.all([reconciler.stop(), alerts.stop()]);
  await temporal.close();
  await db.close();
  log.info('server.stopped');
}

run().catch((error: unknown) => {
  process.stderr.write(`${explainError(error)}\n`);
  process.exit(exitCodeOf(error));
});
