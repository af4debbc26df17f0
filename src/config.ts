/**
 * Every setting, parsed once at the start of a program. The only reader of process.env (.env through
 * dotenv; the environment wins). Bad values are named all at once and none is ever printed.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import dotenv from 'dotenv';
import { z } from 'zod';
import { SyncError } from './domain/errors';
import { Secret } from './secret';

export type BlnkKind = 'cloud' | 'core';

/** Where one instance takes its pay-ins from and where it books them. */
export interface InstanceConfig {
  readonly id: string;
  readonly stripe: {
    readonly secretKey: Secret;
    readonly apiBase: URL;
    readonly livemode: boolean;
  };
  readonly blnk: { readonly kind: BlnkKind; readonly url: URL; readonly apiKey: Secret };
  /** Blnk balance that pay-ins come from. Default `@stripe`. */
  readonly sourceBalance: string;
  /** Blnk balance of payers without a customer. Default `@stripe-guest`. */
  readonly guestBalance: string;
  /** Unix seconds; 'all' = the whole history; undefined = not said. */
  readonly since: number | 'all' | undefined;
}

export interface Config {
  /** Absent: no STRIPE_* and no BLNK_* setting is there, so only the sandbox can run. */
  readonly instance: InstanceConfig | undefined;
  /** Absent: the embedded parts of `npm start` are used. */
  readonly external: { readonly databaseUrl: Secret; readonly temporalAddress: string } | undefined;
  readonly temporalNamespace: string;
  readonly temporalCliPath: string | undefined;
  /** Base of the links to the Temporal Web UI, when it is known. */
  readonly webUiUrl: string | undefined;
  /** Cron expression, UTC. undefined: the default of the program (15 minutes; the sandbox 1 minute). */
  readonly cron: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Where fetched programs are kept between checkouts. */
  readonly cacheDir: string;
  /** PATH, to find installed programs. */
  readonly pathVariable: string;
}

const DEFAULT_BLNK_URL = 'https://api.cloud.blnkfinance.com';
const DEFAULT_STRIPE_BASE = 'https://api.stripe.com';

const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text),
    'must be an http(s) URL',
  )
  .refine(
    (text) => !URL.canParse(text) || isBare(new URL(text)),
    'must not hold credentials or a query',
  );

/** The address is stored and shown. */
function isBare(url: URL): boolean {
  return url.username + url.password + url.search + url.hash === '';
}

const balance = z
  .string()
  .regex(/^@[A-Za-z0-9_:.-]{1,100}$/, 'must be @ and up to 100 of A-Z a-z 0-9 _ : . -');

/** Names and forms; which must come together is checked in `combinationProblems`. */
const SETTINGS = z.object({
  STRIPE_SECRET_KEY: z
    .string()
    .regex(
      /^(sk|rk)_(test|live)_[A-Za-z0-9_]+$/,
      'must look like rk_live_…, rk_test_… or sk_test_…',
    ),
  STRIPE_API_BASE: httpUrl.refine(
    (text) => !URL.canParse(text) || new URL(text).pathname === '/',
    'must not have a path',
  ),
  BLNK_KIND: z.enum(['cloud', 'core'], 'must be cloud or core'),
  BLNK_URL: httpUrl,
  BLNK_API_KEY: z.string().regex(/^[\x21-\x7e]+$/, 'must be printable and without spaces'),
  BLNK_INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be up to 64 of A-Z a-z 0-9 _ -'),
  BLNK_SOURCE_BALANCE: balance,
  BLNK_GUEST_BALANCE: balance,
  SYNC_SINCE: z
    .string()
    .refine((text) => parseSince(text) !== undefined, 'must be a date (YYYY-MM-DD) or all'),
  SYNC_CRON: z
    .string()
    .regex(/^\s*\S+(\s+\S+){4}\s*$/, 'must be a cron expression of five fields, in UTC'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL'),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1),
  TEMPORAL_CLI_PATH: z.string().min(1),
  TEMPORAL_UI_URL: httpUrl,
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error'),
  XDG_CACHE_HOME: z.string(),
  PATH: z.string(),
});

type Settings = { [name in keyof z.infer<typeof SETTINGS>]?: z.infer<typeof SETTINGS>[name] };

/** What a person may set, in the order of .env.example. */
export const SETTING_NAMES = SETTINGS.keyof().options.filter(
  (name) => name !== 'XDG_CACHE_HOME' && name !== 'PATH',
);

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param program what the settings are for: a worker needs addresses of Temporal and Postgres
 * @param overlay settings that win over the environment, as those of the stand-ins
 * @throws SyncError SETTINGS_INVALID naming every bad setting
 */
export function loadConfig(
  program: 'start' | 'worker' | 'cli',
  environment: Environment = environmentOfProcess(),
  overlay: Environment = {},
): Config {
  const present = Object.fromEntries(
    Object.entries({ ...environment, ...overlay }).filter(
      ([, value]) => value !== undefined && value.trim() !== '',
    ),
  );
  const parsed = SETTINGS.partial().safeParse(present);
  const problems: Record<string, string> = {};
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

/** BLNK_CORE_* address the contract suite's ledger and are no settings of the product. */
function wantsRealThing(present: Environment): boolean {
  return Object.keys(present).some(
    (name) => /^(STRIPE|BLNK)_/.test(name) && !name.startsWith('BLNK_CORE_'),
  );
}

function combinationProblems(present: Environment, program: string): [string, string][] {
  const problems: [string, string][] = [];
  const require = (name: string, when: string) => {
    if (present[name] === undefined) problems.push([name, `is missing (${when})`]);
  };
  if (wantsRealThing(present) || program === 'worker') {
    require('STRIPE_SECRET_KEY', 'needed with any STRIPE_ or BLNK_ setting');
    require('BLNK_API_KEY', 'needed with any STRIPE_ or BLNK_ setting');
    if (present['BLNK_KIND'] === 'core') require('BLNK_URL', 'needed with BLNK_KIND core');
    else
      require('BLNK_INSTANCE_ID', 'needed for Blnk Cloud; for a self-hosted Core set BLNK_KIND=core');
  }
  if (program === 'worker' || present['DATABASE_URL'] !== undefined) {
    require('TEMPORAL_ADDRESS', 'comes together with DATABASE_URL');
  }
  if (program === 'worker' || present['TEMPORAL_ADDRESS'] !== undefined) {
    require('DATABASE_URL', 'comes together with TEMPORAL_ADDRESS');
  }
  if (isLive(present['STRIPE_SECRET_KEY']) && isPlainRemote(present['STRIPE_API_BASE'])) {
    problems.push(['STRIPE_API_BASE', 'must be https with a live key']);
  }
  return problems;
}

function isLive(key: string | undefined): boolean {
  return key?.includes('_live_') ?? false;
}

function isPlainRemote(base: string | undefined): boolean {
  if (base === undefined || !URL.canParse(base)) return false;
  const url = new URL(base);
  return url.protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** Unix seconds of a date or time in UTC, 'all', or undefined when it is neither. */
export function parseSince(text: string): number | 'all' | undefined {
  if (text.trim().toLowerCase() === 'all') return 'all';
  return parseUtc(text.trim());
}

/** Unix seconds of YYYY-MM-DD or an RFC 3339 time; a day that the calendar lacks is undefined. */
export function parseUtc(text: string): number | undefined {
  const day = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  if (day?.[1] === undefined) return undefined;
  const midnight = new Date(`${day[1]}T00:00:00Z`);
  // Date rolls 2026-02-30 over into March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day[1]))
    return undefined;
  const time = Date.parse(day[2] === undefined ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

function toConfig(settings: Settings, present: Environment): Config {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = settings;
  return {
    instance: wantsRealThing(present) ? instanceOf(settings) : undefined,
    external:
      DATABASE_URL !== undefined && TEMPORAL_ADDRESS !== undefined
        ? { databaseUrl: new Secret(DATABASE_URL), temporalAddress: TEMPORAL_ADDRESS }
        : undefined,
    temporalNamespace: settings.TEMPORAL_NAMESPACE ?? 'default',
    temporalCliPath: settings.TEMPORAL_CLI_PATH,
    webUiUrl: settings.TEMPORAL_UI_URL?.replace(/\/+$/, ''),
    cron: settings.SYNC_CRON,
    logLevel: settings.LOG_LEVEL ?? 'info',
    cacheDir: join(settings.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'blnk-stripe-sync'),
    pathVariable: settings.PATH ?? '',
  };
}

function instanceOf(settings: Settings): InstanceConfig {
  const kind = settings.BLNK_KIND ?? 'cloud';
  return {
    id: settings.BLNK_INSTANCE_ID ?? 'core',
    stripe: {
      secretKey: new Secret(settings.STRIPE_SECRET_KEY ?? ''),
      apiBase: new URL(settings.STRIPE_API_BASE ?? DEFAULT_STRIPE_BASE),
      livemode: isLive(settings.STRIPE_SECRET_KEY),
    },
    blnk: {
      kind,
      url: new URL(settings.BLNK_URL ?? DEFAULT_BLNK_URL),
      apiKey: new Secret(settings.BLNK_API_KEY ?? ''),
    },
    sourceBalance: settings.BLNK_SOURCE_BALANCE ?? '@stripe',
    guestBalance: settings.BLNK_GUEST_BALANCE ?? '@stripe-guest',
    since: settings.SYNC_SINCE === undefined ? undefined : parseSince(settings.SYNC_SINCE),
  };
}
