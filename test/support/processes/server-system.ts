/**
 * The server of the Blnk Cloud app as its own process, to be killed, between gates; the dashboard of the
 * stand-in, where a person installs and uninstalls; and a database and a namespace of their own.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { loadConfig } from '../../../src/config';
import { storeDeps } from '../../../src/instances/deps';
import { viewOf, type InstanceView } from '../../../src/instances/view';
import { freePort } from '../../../src/local/process/ports';
import type { Called, Install } from '../../../sandbox/blnk/apps';
import { startBlnkStandIn, type BlnkStandIn } from '../../../sandbox/blnk/start';
import { startStripeStandIn } from '../../../sandbox/stripe/start';
import { findAccess } from '../../../src/store/access';
import { connectDb, type Db } from '../../../src/store/db';
import { NEVER } from '../worlds/cloud-world';
import { openNamespace, startGates, through, type Gates } from './crash-system';
import { testEnvironment } from '../environment';
import { connectSandboxStripe } from '../worlds/connect-sandbox-stripe';
import { startOwnDatabase } from '../databases/own-database';
import { startProgram, type Program } from './program';
import { randomKey } from '../random-key';

export interface ServerSystem {
  readonly db: Db;
  readonly client: Client;
  readonly blnk: BlnkStandIn;
  readonly gates: Gates;
  readonly server: Program;
  /** As it is registered with Blnk, secret included. */
  readonly callbackUrl: string;
  install(instanceId: string): Promise<Called>;
  uninstall(install: Install): Promise<Called | undefined>;
  /** As its owner does it, beside the server. */
  connect(instanceId: string): Promise<void>;
  view(instanceId: string): Promise<InstanceView>;
  /** Waits until nothing is left to be done for an instance, whoever had it when the server died. */
  settled(instanceId: string): Promise<void>;
  close(): Promise<void>;
}

const ALL = ['data:read', 'data:write', 'alerts:write'] as const;
/** Milliseconds in which all that is due must be done. */
const SETTLED_MS = 120_000;

export async function startServerSystem(
  temporalAddress = testEnvironment().temporalAddress,
): Promise<ServerSystem> {
  const database = await startOwnDatabase();
  const stripe = await startStripeStandIn({ scenario: 'empty', seed: randomUUID() });
  // A call that a killed server does not answer is over soon, as far as the dashboard goes.
  const blnk = await startBlnkStandIn({ callLimitMs: 3_000 });
  const addresses = {
    stripeUrl: stripe.url,
    blnkUrl: blnk.url,
    databaseUrl: database.url,
    temporalAddress,
  };
  const gates = await startGates(addresses);
  const seen = through(gates, addresses);
  const namespace = `server-${randomUUID().slice(0, 8)}`;
  const { client, close } = await openNamespace(temporalAddress, namespace);
  const port = await freePort(0);
  const secret = randomUUID() + randomUUID();
  const settings = {
    ENCRYPTION_KEYS: `k1:${randomKey('k1')}`,
    CALLBACK_SECRET: secret,
    PUBLIC_URL: 'https://app.example.com',
    BLNK_CLOUD_URL: seen.blnkUrl,
    STRIPE_API_BASE: stripe.url,
    SYNC_CRON: NEVER,
    MOVEMENTS: 'off',
  };
  const server = await startProgram({
    module: 'server',
    env: {
      ...settings,
      DATABASE_URL: seen.databaseUrl,
      TEMPORAL_ADDRESS: seen.temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
      PORT: String(port),
      LOG_LEVEL: 'error',
    },
  });
  await blnk.apps.register({
    app_id: 'app_test',
    callback_url: `http://127.0.0.1:${port}/api/callback/${secret}`,
    portal_url: `http://127.0.0.1:${port}/api/portal/${secret}`,
  });
  const db = connectDb(database.url, 2);
  const config = loadConfig('cli', settings);
  const deps = storeDeps(db, config);
  if (!deps) throw new Error('the settings allow no connected instances');

  return {
    ...{ db, client, blnk, gates, server },
    callbackUrl: `http://127.0.0.1:${port}/api/callback/${secret}`,
    install: (instanceId) => blnk.apps.install(instanceId, ALL),
    uninstall: ({ installed_app_id }) => blnk.apps.uninstall(installed_app_id),
    async connect(instanceId) {
      await connectSandboxStripe(deps, instanceId);
    },
    async view(instanceId) {
      const row = await findAccess(db, instanceId);
      if (!row) throw new Error(`no instance ${instanceId}`);
      return viewOf(row, config.connected);
    },
    async settled(instanceId) {
      // A dead server's lease of an intent is over after two minutes; here, at once.
      await db.query('update intents set next_at = now() where done_at is null', []);
      const deadline = Date.now() + SETTLED_MS;
      const open = () =>
        db.query(
          `select 1 from intents n where instance_id = $1 and done_at is null
             and not exists (select 1 from installs i where i.install_id = n.install_id
               and i.status = 'pending' and i.problem is not null)`,
          [instanceId],
        );
      while ((await open()).length > 0) {
        if (Date.now() > deadline) throw new Error('something is left to be done');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      await server.kill('SIGKILL');
      await Promise.all([stripe.close(), blnk.close(), db.close(), close()]);
      await Promise.all(Object.values(gates).map((gate) => gate.close()));
      await database.stop();
    },
  };
}
