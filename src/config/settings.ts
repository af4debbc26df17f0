/** The settings by name and form, and the readers of forms that are more than text. */
import { z } from 'zod';
import { isCron } from '../domain/cron';
import { isPlainRemote } from '../domain/unsafe';
import { parseUtc } from '../domain/utc';
import { Secret } from '../secret';
import { isExample, isGuessable } from './guessable';
import { isProxy } from './proxies';

export interface EncryptionKey {
  readonly id: string;
  /** Base64 of 32 bytes. */
  readonly key: Secret;
}

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

const ENCRYPTION_KEY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

/** undefined: malformed, or an id twice, of which only one could ever decrypt. */
export function parseEncryptionKeys(text: string): EncryptionKey[] | undefined {
  const keys = text.split(',').map((part) => {
    const [, id, key] = ENCRYPTION_KEY.exec(part.trim()) ?? [];
    return id === undefined || key === undefined ? undefined : { id, key: new Secret(key) };
  });
  const known = keys.filter((key) => key !== undefined);
  const ids = new Set(known.map(({ id }) => id));
  return known.length === keys.length && ids.size === keys.length ? known : undefined;
}

/** Bytes as characters, whatever they mean. */
function bytesOf(key: Secret): string {
  return Buffer.from(key.reveal(), 'base64').toString('latin1');
}

const AN_EXAMPLE = 'is an example; set your own';

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .refine(
      (text) => /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    );
}

const instanceId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be up to 64 of A-Z a-z 0-9 _ -');

/** One to register, and an old one beside it while it is being changed. */
const addressSecrets = z
  .string()
  .refine((text) => {
    const secrets = parseList(text);
    const wellFormed = secrets.every((secret) => /^[A-Za-z0-9_-]{32,128}$/.test(secret));
    return wellFormed && secrets.length <= 2 && new Set(secrets).size === secrets.length;
  }, 'must be 32 to 128 of A-Z a-z 0-9 _ -, or two different ones, comma separated')
  .refine(
    (text) => !parseList(text).some(isGuessable),
    'must be random, as `openssl rand -hex 32` makes it: this one can be guessed',
  );

/** What browsers and Blnk reach us by, or what we send findings to: never in clear over a network. */
const encryptedUrl = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !isPlainRemote(text),
    'must be an https URL (http on this machine only)',
  );

/** A token of the receiver may stand in its path or query; credentials before the host would be refused by fetch. */
const webhookUrl = encryptedUrl.refine(
  (text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '',
  'must not hold credentials before the host',
);

export const DEFAULT_SOURCE_BALANCE = '@stripe';
export const DEFAULT_GUEST_BALANCE = '@stripe-guest';

const balance = z
  .string()
  .regex(/^@[A-Za-z0-9_:.-]{1,100}$/, 'must be @ and up to 100 of A-Z a-z 0-9 _ : . -');

/** A restricted or a secret key of Stripe. */
export const STRIPE_KEY = /^(sk|rk)_(test|live)_[A-Za-z0-9_]+$/;

/** Of several accounts: each request would have to name one. */
export const ORGANISATION_KEY = /^(sk|rk)_org_/;

/** Names and forms; which must come together is checked in `combinations.ts`. */
export const SETTINGS = z.object({
  STRIPE_SECRET_KEY: z
    .string()
    .refine(
      (text) => !ORGANISATION_KEY.test(text),
      'is a key of an organisation; use a restricted key of the one account (rk_live_… or rk_test_…)',
    )
    .regex(STRIPE_KEY, 'must look like rk_live_…, rk_test_… or sk_test_…')
    .refine((text) => !isExample(text), AN_EXAMPLE),
  STRIPE_API_BASE: httpUrl.refine(
    (text) => !URL.canParse(text) || new URL(text).pathname === '/',
    'must not have a path',
  ),
  STRIPE_READS_PER_SECOND: z
    .string()
    .refine(
      (text) => /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) >= 0.1 && Number(text) <= 100,
      'must be a number from 0.1 to 100',
    ),
  BLNK_KIND: z.enum(['cloud', 'core'], 'must be cloud or core'),
  BLNK_URL: httpUrl,
  BLNK_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be printable and without spaces')
    .refine((text) => !isExample(text), AN_EXAMPLE),
  BLNK_INSTANCE_ID: instanceId,
  BLNK_SOURCE_BALANCE: balance,
  BLNK_GUEST_BALANCE: balance,
  BLNK_PAYOUT_BALANCE: balance,
  DISPUTES_LOST_TO: z.union([z.literal('payer'), balance], {
    error: 'must be payer, or @ and up to 100 of A-Z a-z 0-9 _ : . -',
  }),
  SYNC_SINCE: z
    .string()
    .refine((text) => parseSince(text) !== undefined, 'must be a date (YYYY-MM-DD) or all'),
  MOVEMENTS: z.enum(['on', 'off'], 'must be on or off'),
  SYNC_CRON: z
    .string()
    .refine(isCron, 'must be a cron expression of five fields, in UTC, for a time that comes'),
  ALERT_WEBHOOK_URL: webhookUrl,
  ENCRYPTION_KEYS: z
    .string()
    .refine(
      (text) => parseEncryptionKeys(text) !== undefined,
      'must be id:key pairs, comma separated, each key base64 of 32 bytes and each id once',
    )
    .refine(
      (text) => parseEncryptionKeys(text)?.some(({ key }) => isGuessable(bytesOf(key))) !== true,
      'must be random keys, as `openssl rand -base64 32` makes them: one of these can be guessed',
    ),
  CALLBACK_SECRET: addressSecrets,
  LAUNCH_SECRET: addressSecrets,
  PUBLIC_URL: encryptedUrl.pipe(httpUrl),
  STRIPE_KEY_INSTANCES: z
    .string()
    .refine(
      (text) => parseList(text).every((id) => instanceId.safeParse(id).success),
      'must be instance ids, comma separated',
    ),
  KEEP_DAYS_AFTER_UNINSTALL: z
    .string()
    .refine(
      (text) =>
        text === 'forever' ||
        (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 3_650),
      'must be forever, or days from 1 to 3650',
    ),
  BLNK_CLOUD_URL: httpUrl,
  LISTEN_HOST: z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be an address or a host name'),
  PORT: z
    .string()
    .refine(
      (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
      'must be a port from 1 to 65535',
    ),
  TRUSTED_PROXIES: z
    .string()
    .refine(
      (text) => parseList(text).every(isProxy),
      'must be addresses, networks such as 10.0.0.0/8, loopback, linklocal or uniquelocal, comma separated',
    ),
  MAX_CONNECTIONS: wholeNumber(10, 60_000),
  KEEP_ALIVE_SECONDS: wholeNumber(1, 600),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL')
    .refine((text) => !URL.canParse(text) || !isExample(new URL(text).password), AN_EXAMPLE),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1),
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be up to 128 of A-Z a-z 0-9 _ -'),
  TEMPORAL_WORKER_BUILD_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be up to 128 of A-Z a-z 0-9 . _ -'),
  TEMPORAL_CLI_PATH: z.string().min(1),
  TEMPORAL_UI_URL: httpUrl,
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error'),
  LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty'),
  XDG_CACHE_HOME: z.string(),
  PATH: z.string(),
});

export type Settings = {
  [name in keyof z.infer<typeof SETTINGS>]?: z.infer<typeof SETTINGS>[name];
};

/** What a person may set, in the order of .env.example. */
export const SETTING_NAMES = SETTINGS.keyof().options.filter(
  (name) => name !== 'XDG_CACHE_HOME' && name !== 'PATH',
);

/** Whether a Stripe key moves real money. */
export function isLive(key: string | undefined): boolean {
  return key?.includes('_live_') ?? false;
}

/** Unix seconds of a date or time in UTC, 'all', or undefined when it is neither. */
export function parseSince(text: string): number | 'all' | undefined {
  if (text.trim().toLowerCase() === 'all') return 'all';
  return parseUtc(text.trim());
}

/** What stands between commas. */
export function parseList(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
