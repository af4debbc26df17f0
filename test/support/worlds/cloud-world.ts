/**
 * The HTTP service of the app with its loop, before the stand-in of Blnk Cloud. Everything speaks HTTP;
 * Temporal and Postgres are those of the run.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import type { FastifyPluginAsync, FastifyPluginCallback } from 'fastify';
import { pino } from 'pino';
import { firstPlanner } from '../../../src/instances/first-planner';
import { loadConfig, type Config } from '../../../src/config';
import { createService } from '../../../src/http/service';
import { storeDeps, type InstanceDeps } from '../../../src/instances/deps';
import { reconcileOnce } from '../../../src/instances/reconcile';
import { viewOf, type InstanceView } from '../../../src/instances/view';
import { callbackRoute } from '../../../src/http/routes/callback';
import { healthRoutes } from '../../../src/http/routes/health';
import { launchRoute } from '../../../src/http/routes/launch';
import { portalRoutes } from '../../../src/http/routes/portal';
import type { CloudKey } from '../../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../../sandbox/blnk/start';
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';
import { startStripeStandIn, type StripeStandIn } from '../../../sandbox/stripe/start';
import { findAccess } from '../../../src/store/access';
import { openIntents } from '../../../src/store/intents';
import { connectDb, type Db } from '../../../src/store/db';
import { testEnvironment } from '../environment';
import { randomKey } from '../random-key';

/** A live key of the stand-in's account. */
export const LIVE_KEY = ['rk', 'live', 'other'].join('_');

/** A schedule that runs in the middle of a test would post what the test is about. */
export const NEVER = '0 0 1 1 *';

const APP_ID = 'app_test';

type Right = CloudKey['permissions'][number];

const EVERYTHING: readonly Right[] = ['data:read', 'data:write', 'alerts:write'];

export interface InstallIds {
  readonly installed_app_id: string;
  readonly app_id: string;
  readonly instance_id: string;
}

export interface Installed extends InstallIds {
  readonly api_key: string;
  readonly api_key_prefix: string;
  readonly granted_permissions: readonly string[];
  readonly idempotency_key: string;
}

export interface Route {
  readonly method: string;
  /** With its parameters by name, as `/api/callback/:secret`. */
  readonly path: string;
}

export interface CloudWorld {
  readonly url: string;
  readonly secret: string;
  readonly launchSecret: string;
  /** Every route that the service has. */
  readonly routes: readonly Route[];
  readonly config: Config;
  /** For the command line: where everything is, and no schedule that runs by itself. */
  readonly cliSettings: Settings;
  readonly deps: InstanceDeps;
  readonly db: Db;
  readonly client: Client;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  readonly log: readonly string[];
  /** What Blnk sends for an install; its key works on that instance unless it is told otherwise. */
  install(
    instanceId: string,
    options?: { readonly rights?: readonly Right[]; readonly keyWorks?: boolean },
  ): Installed;
  /** What Blnk sends when the same app is uninstalled. */
  uninstall(installed: Installed): Record<string, unknown>;
  post(body: unknown, path?: string): Promise<{ status: number; body: unknown }>;
  /** Opens the app in Blnk's dashboard: the address that it shows then. */
  launch(installed: InstallIds): Promise<string>;
  /** Carries out what is due for an instance until nothing is left for now. */
  reconcile(instanceId: string): Promise<void>;
  view(instanceId: string): Promise<InstanceView>;
  close(): Promise<void>;
}

export function newInstanceId(): string {
  return `inst_${randomUUID().slice(0, 8)}`;
}

export interface CloudWorldOptions {
  /** Requests a minute that the service takes from one address. */
  readonly perMinute?: number;
  /** Of these, for what is not there. */
  readonly strangersPerMinute?: number;
  /** On top, in the form of the environment. */
  readonly settings?: Settings;
  /** Of the service; default: a free one. */
  readonly port?: number;
  /** Of the Stripe stand-in; default: empty. */
  readonly scenario?: 'default' | 'problems' | 'month' | 'empty';
  /** Given by the test that needs one: its package takes seconds to load. */
  readonly worker?: (
    client: Client,
    db: Db,
    settings: Settings,
  ) => Promise<{ stop: () => Promise<void> }>;
}

export type Settings = Readonly<Record<string, string>>;

export async function startCloudWorld({
  settings = {},
  port = 0,
  scenario = 'empty',
  worker: startWorker,
  perMinute,
  strangersPerMinute,
}: CloudWorldOptions = {}): Promise<CloudWorld> {
  const { databaseUrl, temporalAddress } = testEnvironment();
  const stripe = await startStripeStandIn({
    scenario,
    seed: randomUUID(),
    keys: [
      { key: SANDBOX_STRIPE_KEY, livemode: false },
      { key: LIVE_KEY, livemode: true },
    ],
  });
  const blnk = await startBlnkStandIn();
  const [secret, launchSecret] = [randomUUID(), randomUUID()].map((id) => `${id}hush`) as [
    string,
    string,
  ];
  const environment = {
    ENCRYPTION_KEYS: `k1:${randomKey('k1')}`,
    CALLBACK_SECRET: secret,
    LAUNCH_SECRET: launchSecret,
    PUBLIC_URL: 'https://app.example.com',
    BLNK_CLOUD_URL: blnk.url,
    STRIPE_API_BASE: stripe.url,
    // Pay-ins alone, unless a test is about more.
    MOVEMENTS: 'off',
    ...settings,
  };
  const config = loadConfig('cli', environment);
  const db = connectDb(databaseUrl);
  const connection = await Connection.connect({ address: temporalAddress });
  // Its own, so that the one task queue is nobody else's.
  const namespace = `cloud-${randomUUID().slice(0, 8)}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const client = new Client({ connection, namespace });
  const worker = await startWorker?.(client, db, environment);
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const store = storeDeps(db, config);
  if (!store) throw new Error('the settings allow no connected instances');
  const deps: InstanceDeps = {
    ...store,
    limits: { confirmAfterMs: 10 },
    temporal: () => Promise.resolve(client),
    cron: NEVER,
    log,
  };
  const { callbackSecrets, launchSecrets, publicUrl } = config.app!;
  const routes: Route[] = [];
  const service = await createService({
    log,
    clients: config.clients,
    secure: true,
    ...(perMinute !== undefined && { perMinute }),
    ...(strangersPerMinute !== undefined && { strangersPerMinute }),
    routes: [
      listing(routes, [
        healthRoutes({ probes: [], backlog: () => openIntents(db) }),
        callbackRoute({ secrets: callbackSecrets, store: deps, log }),
        launchRoute({ secrets: launchSecrets, db, publicUrl, log }),
        portalRoutes({ ...deps, publicUrl, plan: firstPlanner(db, deps.limits) }),
      ]),
    ],
  });
  const url = await service.listen({ host: '127.0.0.1', port });
  await blnk.apps.register({
    app_id: APP_ID,
    callback_url: `${url}/api/callback/${secret}`,
    portal_url: `${url}/api/portal/${secret}`,
  });

  const post: CloudWorld['post'] = async (body, path = `/api/callback/${secret}`) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };

  return {
    url,
    routes,
    secret,
    launchSecret,
    config,
    cliSettings: {
      ENCRYPTION_KEYS: environment.ENCRYPTION_KEYS,
      BLNK_CLOUD_URL: blnk.url,
      STRIPE_API_BASE: stripe.url,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
      SYNC_CRON: NEVER,
    },
    deps,
    db,
    client,
    stripe,
    blnk,
    log: lines,
    install(instanceId, { rights = EVERYTHING, keyWorks = true } = {}) {
      const id = randomUUID().slice(0, 12);
      const apiKey = `blnk_${id}_hush`;
      if (keyWorks) blnk.keys.cloud.set(apiKey, { instanceId, permissions: rights });
      return {
        installed_app_id: `instapp_${id}`,
        app_id: APP_ID,
        instance_id: instanceId,
        api_key: apiKey,
        api_key_prefix: apiKey.slice(0, 8),
        granted_permissions: rights,
        idempotency_key: `install:instapp_${id}`,
      };
    },
    uninstall: ({ installed_app_id, app_id, instance_id }) => ({
      installed_app_id,
      app_id,
      instance_id,
      uninstalled_at: '2026-11-24T12:00:00Z',
      idempotency_key: `uninstall:${installed_app_id}`,
    }),
    post,
    async launch({ installed_app_id, app_id, instance_id }) {
      const ids = { installed_app_id, app_id, instance_id };
      const { status, body } = await post(ids, `/api/portal/${launchSecret}`);
      if (status !== 200) throw new Error(`the launch was answered with ${status}`);
      return (body as { portal_url: string }).portal_url;
    },
    async reconcile(instanceId) {
      while ((await reconcileOnce(deps, new AbortController().signal, instanceId)) > 0);
    },
    async view(instanceId) {
      const row = await findAccess(db, instanceId);
      if (!row) throw new Error(`no instance ${instanceId}`);
      return viewOf(row, config.connected);
    },
    async close() {
      await service.close();
      await worker?.stop();
      await Promise.all([stripe.close(), blnk.close(), db.close()]);
      await connection.close();
    },
  };
}

/** Registers the routes, and lists them as fastify has understood them. */
function listing(
  routes: Route[],
  plugins: readonly (FastifyPluginCallback | FastifyPluginAsync)[],
): FastifyPluginCallback {
  return (app, _options, done) => {
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, path: url });
    });
    for (const plugin of plugins) void app.register(plugin);
    done();
  };
}
