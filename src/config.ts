/**
 * Every setting, parsed once at the start of a program. The only reader of process.env (.env through
 * dotenv; the environment wins). Bad values are named all at once and none is ever printed.
 */
import type { BalanceNames } from './domain/balances';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import dotenv from 'dotenv';
import {
  combinationProblems,
  describesInstance,
  type Environment,
  type Program,
} from './config/combinations';
import { withFiles } from './config/files';
import {
  DEFAULT_GUEST_BALANCE,
  DEFAULT_SOURCE_BALANCE,
  isLive,
  parseEncryptionKeys,
  parseList,
  parseSince,
  SETTINGS,
  type EncryptionKey,
  type Settings,
} from './config/settings';
import { SyncError } from './domain/errors';
import { defaultReadsPerSecond } from './domain/read-budget';
import { Secret } from './secret';

export type BlnkKind = 'cloud' | 'core';

/** Where one instance takes its pay-ins from and where it books them. */
export interface InstanceConfig {
  readonly id: string;
  readonly stripe: {
    readonly secretKey: Secret;
    readonly apiBase: URL;
    readonly livemode: boolean;
    /** Requests a second, of all who read the account. Default 10 in live mode, 5 in test mode. */
    readonly readsPerSecond: number;
  };
  readonly blnk: { readonly kind: BlnkKind; readonly url: URL; readonly apiKey: Secret };
  readonly balances: BalanceNames;
  /** Unix seconds; 'all' = the whole history; undefined = not said. */
  readonly since: number | 'all' | undefined;
  /** Whether a new instance carries over all that moves Stripe's balance, where that needs no decision. */
  readonly movements: boolean;
}

/** What instances have in common whose keys are in the database: connected by a person, or by the app. */
export interface ConnectedConfig {
  /** The first one encrypts, all decrypt. */
  readonly encryptionKeys: readonly EncryptionKey[];
  /** Blnk Cloud as installs of the app reach it. */
  readonly cloudUrl: URL;
  readonly stripeBase: URL;
  /** Requests a second for each account; undefined: the default of its mode. */
  readonly readsPerSecond: number | undefined;
  readonly balances: BalanceNames;
  /** As in `InstanceConfig`. */
  readonly movements: boolean;
  /** Days for which what was synced is kept after an uninstall; undefined: for ever. */
  readonly keepDays: number | undefined;
  /** The configured Stripe key, bound to the instances that are named here. */
  readonly shared: SharedStripe | undefined;
}

export interface SharedStripe {
  readonly secretKey: Secret;
  readonly livemode: boolean;
  readonly instances: readonly string[];
  readonly since: InstanceConfig['since'];
}

export interface AppConfig {
  /** In the addresses that Blnk calls: the first is the one to register, an old one may follow. */
  readonly callbackSecrets: readonly Secret[];
  /** The same for the launch of the portal. */
  readonly launchSecrets: readonly Secret[];
  readonly publicUrl: URL;
}

export interface ClientsConfig {
  /** Proxies whose X-Forwarded-For is believed, as fastify names them. Default: none. */
  readonly trustedProxies: readonly string[];
  /** Connections at once. */
  readonly mostConnections: number;
  /** Milliseconds that a connection stays open with nothing to do. */
  readonly keepAliveMs: number;
}

export interface Config {
  /** Without this and `connected` only the sandbox can run: no setting speaks of anything real. */
  readonly instance: InstanceConfig | undefined;
  /** Absent: no keys can be stored, so the instance of the environment is the only one. */
  readonly connected: ConnectedConfig | undefined;
  /** The Blnk Cloud app; absent: there is none. */
  readonly app: AppConfig | undefined;
  /** Where problems are told; it may hold a token. Absent: nowhere but in Blnk Cloud and in our own list. */
  readonly alertWebhook: Secret | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  /** Whom the server speaks with, and for how long. */
  readonly clients: ClientsConfig;
  /** Absent: the embedded parts of `npm start` are used. */
  readonly external: { readonly databaseUrl: Secret; readonly temporalAddress: string } | undefined;
  readonly temporalNamespace: string;
  /** The version of this worker, which a run keeps to from its beginning to its end. Absent: runs know none. */
  readonly workerVersion: { readonly deploymentName: string; readonly buildId: string } | undefined;
  readonly temporalCliPath: string | undefined;
  /** Base of the links to the Temporal Web UI, when it is known. */
  readonly webUiUrl: string | undefined;
  /** Cron expression, UTC. undefined: the default of the program (15 minutes; the sandbox 1 minute). */
  readonly cron: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** For programs, or for people. */
  readonly logFormat: 'json' | 'pretty';
  /** Where fetched programs are kept between checkouts. */
  readonly cacheDir: string;
  /** PATH, to find installed programs. */
  readonly pathVariable: string;
}

const DEFAULT_BLNK_URL = 'https://api.cloud.blnkfinance.com';
const DEFAULT_STRIPE_BASE = 'https://api.stripe.com';
const DEFAULT_PORT = 3000;

/** Below what a process may have open, so that Postgres and Temporal stay in reach. */
const DEFAULT_MOST_CONNECTIONS = 800;

/** Fastify's own is 72: a connection that nobody uses would keep a place for so long. */
const DEFAULT_KEEP_ALIVE_SECONDS = 10;

/**
 * @param program what the settings are for: a worker needs addresses of Temporal and Postgres
 * @param overlay settings that win over the environment, as those of the stand-ins
 * @throws SyncError SETTINGS_INVALID naming every bad setting
 */
export function loadConfig(
  program: Program,
  environment: Environment = environmentOfProcess(),
  overlay: Environment = {},
): Config {
  const { values, problems: unread } = withFiles(environment);
  const present = Object.fromEntries(
    Object.entries({ ...values, ...overlay }).filter(
      ([, value]) => value !== undefined && value.trim() !== '',
    ),
  );
  const parsed = SETTINGS.partial().safeParse(present);
  const problems: Record<string, string> = { ...unread };
  for (const issue of parsed.error?.issues ?? []) {
    problems[String(issue.path[0])] ??= issue.message;
  }
  for (const [name, problem] of combinationProblems(present, program)) problems[name] ??= problem;
  if (!parsed.success || Object.keys(problems).length > 0) {
    throw new SyncError('SETTINGS_INVALID', problems);
  }
  return toConfig(parsed.data as Settings, present);
}

/**
 * Environment of a child process: ours, with these settings on top. TEMPORAL_* describe an external
 * server, so a child that uses the local one gets none of them.
 */
export function childEnvironment(
  settings: Record<string, string>,
  temporal: 'local' | 'external',
): NodeJS.ProcessEnv {
  if (temporal === 'external') return { ...process.env, ...settings };
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(ours), ...settings };
}

/** What a program is started with, .env included. */
export function environmentOfProcess(): Environment {
  dotenv.config({ quiet: true });
  return process.env;
}

function toConfig(settings: Settings, present: Environment): Config {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = settings;
  return {
    instance: describesInstance(present) ? instanceOf(settings) : undefined,
    connected: connectedOf(settings),
    app: appOf(settings),
    alertWebhook:
      settings.ALERT_WEBHOOK_URL === undefined ? undefined : new Secret(settings.ALERT_WEBHOOK_URL),
    listen: {
      host: settings.LISTEN_HOST ?? '127.0.0.1',
      port: Number(settings.PORT ?? DEFAULT_PORT),
    },
    clients: {
      trustedProxies: parseList(settings.TRUSTED_PROXIES ?? '').filter((one) => one !== ''),
      mostConnections: Number(settings.MAX_CONNECTIONS ?? DEFAULT_MOST_CONNECTIONS),
      keepAliveMs: Number(settings.KEEP_ALIVE_SECONDS ?? DEFAULT_KEEP_ALIVE_SECONDS) * 1_000,
    },
    external:
      DATABASE_URL !== undefined && TEMPORAL_ADDRESS !== undefined
        ? { databaseUrl: new Secret(DATABASE_URL), temporalAddress: TEMPORAL_ADDRESS }
        : undefined,
    temporalNamespace: settings.TEMPORAL_NAMESPACE ?? 'default',
    workerVersion: workerVersionOf(settings),
    temporalCliPath: settings.TEMPORAL_CLI_PATH,
    webUiUrl: settings.TEMPORAL_UI_URL?.replace(/\/+$/, ''),
    cron: settings.SYNC_CRON,
    logLevel: settings.LOG_LEVEL ?? 'info',
    logFormat: settings.LOG_FORMAT ?? 'json',
    cacheDir: join(settings.XDG_CACHE_HOME ?? userCache(), 'blnk-stripe-sync'),
    pathVariable: settings.PATH ?? '',
  };
}

/** A user without a home, as an arbitrary one of a container is, keeps nothing for longer than the machine does. */
function userCache(): string {
  try {
    return join(homedir(), '.cache');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SYSTEM_ERROR') throw error;
    return tmpdir();
  }
}

function instanceOf(settings: Settings): InstanceConfig {
  const livemode = isLive(settings.STRIPE_SECRET_KEY);
  const kind = settings.BLNK_KIND ?? 'cloud';
  return {
    id: settings.BLNK_INSTANCE_ID ?? 'core',
    stripe: {
      secretKey: new Secret(settings.STRIPE_SECRET_KEY ?? ''),
      apiBase: new URL(settings.STRIPE_API_BASE ?? DEFAULT_STRIPE_BASE),
      livemode,
      readsPerSecond: readsPerSecondOf(settings) ?? defaultReadsPerSecond(livemode),
    },
    blnk: {
      kind,
      url: new URL(settings.BLNK_URL ?? DEFAULT_BLNK_URL),
      apiKey: new Secret(settings.BLNK_API_KEY ?? ''),
    },
    balances: balancesOf(settings),
    since: sinceOf(settings),
    movements: settings.MOVEMENTS !== 'off',
  };
}

function balancesOf(settings: Settings): BalanceNames {
  const { BLNK_PAYOUT_BALANCE: payouts, DISPUTES_LOST_TO: bearer = 'payer' } = settings;
  return {
    source: settings.BLNK_SOURCE_BALANCE ?? DEFAULT_SOURCE_BALANCE,
    guest: settings.BLNK_GUEST_BALANCE ?? DEFAULT_GUEST_BALANCE,
    ...(payouts !== undefined && { payouts }),
    ...(bearer !== 'payer' && { disputesLost: bearer }),
  };
}

function connectedOf(settings: Settings): ConnectedConfig | undefined {
  const encryptionKeys = parseEncryptionKeys(settings.ENCRYPTION_KEYS ?? '');
  if (!encryptionKeys) return undefined;
  const { STRIPE_SECRET_KEY, STRIPE_KEY_INSTANCES } = settings;
  return {
    encryptionKeys,
    cloudUrl: new URL(settings.BLNK_CLOUD_URL ?? DEFAULT_BLNK_URL),
    stripeBase: new URL(settings.STRIPE_API_BASE ?? DEFAULT_STRIPE_BASE),
    readsPerSecond: readsPerSecondOf(settings),
    balances: balancesOf(settings),
    movements: settings.MOVEMENTS !== 'off',
    keepDays: keepDaysOf(settings),
    shared:
      STRIPE_SECRET_KEY === undefined || STRIPE_KEY_INSTANCES === undefined
        ? undefined
        : {
            secretKey: new Secret(STRIPE_SECRET_KEY),
            livemode: isLive(STRIPE_SECRET_KEY),
            instances: parseList(STRIPE_KEY_INSTANCES),
            since: sinceOf(settings),
          },
  };
}

function appOf({ CALLBACK_SECRET, LAUNCH_SECRET, PUBLIC_URL }: Settings): Config['app'] {
  if (CALLBACK_SECRET === undefined || PUBLIC_URL === undefined) return undefined;
  const secrets = (text: string) => parseList(text).map((secret) => new Secret(secret));
  return {
    callbackSecrets: secrets(CALLBACK_SECRET),
    launchSecrets: secrets(LAUNCH_SECRET ?? CALLBACK_SECRET),
    publicUrl: new URL(PUBLIC_URL),
  };
}

function workerVersionOf({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId,
}: Settings): Config['workerVersion'] {
  return deploymentName === undefined || buildId === undefined
    ? undefined
    : { deploymentName, buildId };
}

function sinceOf({ SYNC_SINCE }: Settings): InstanceConfig['since'] {
  return SYNC_SINCE === undefined ? undefined : parseSince(SYNC_SINCE);
}

function keepDaysOf({ KEEP_DAYS_AFTER_UNINSTALL: given }: Settings): number | undefined {
  return given === undefined || given === 'forever' ? undefined : Number(given);
}

function readsPerSecondOf({ STRIPE_READS_PER_SECOND: given }: Settings): number | undefined {
  return given === undefined ? undefined : Number(given);
}
