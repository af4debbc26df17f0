/** .env.example explains the settings; it is held against their schema both ways. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { SETTING_NAMES } from '../../src/config/settings';
import { SyncError } from '../../src/domain/errors';
import { DEFAULT_CRON } from '../../src/temporal/schedules';
import { HUSH_SECRET, randomKey } from '../support/random-key';

interface Entry {
  readonly name: string;
  readonly value: string;
  /** The comment above it. */
  readonly text: string;
}

const lines = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8').split('\n');

/** Blocks of comment lines that end in `#NAME=value`. */
function readEntries(): Entry[] {
  const entries: Entry[] = [];
  let comment: string[] = [];
  for (const line of lines) {
    const [, name, value] = /^#([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      entries.push({ name, value: value ?? '', text: comment.join(' ') });
      comment = [];
    } else if (line.startsWith('# ')) comment.push(line.slice(2));
    else comment = [];
  }
  return entries;
}

const entries = readEntries();
const isExample = ({ text }: Entry) => text.endsWith('(example)');
const asEnvironment = (chosen: readonly Entry[]) =>
  Object.fromEntries(chosen.map(({ name, value }) => [name, value]));

const withSecrets = (chosen: readonly Entry[]) => ({
  ...asEnvironment(chosen),
  STRIPE_SECRET_KEY: ['rk', 'test', 'hush'].join('_'),
  BLNK_API_KEY: 'hush',
  DATABASE_URL: 'postgresql://sync:hush@127.0.0.1:5432/sync',
  ENCRYPTION_KEYS: `k1:${randomKey('k1')}`,
  CALLBACK_SECRET: HUSH_SECRET,
  LAUNCH_SECRET: `launch-${HUSH_SECRET}`,
});

test('names every setting of the schema, in its order, and no other', () => {
  expect(entries.map(({ name }) => name)).toEqual(SETTING_NAMES);
});

test.each(entries)('says what $name is and what form it has', ({ text }) => {
  expect(text).toMatch(/^[A-Z].{15,}\. (.+ )?Form: \S+/);
});

test('sets nothing by itself', () => {
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});

/** Whoever copies the file as it is must not run with secrets that everybody can read. */
const SECRETS = [
  'STRIPE_SECRET_KEY',
  'BLNK_API_KEY',
  'ENCRYPTION_KEYS',
  'CALLBACK_SECRET',
  'LAUNCH_SECRET',
  'DATABASE_URL',
];

test('shows secrets that are refused by name', () => {
  const refused = () => loadConfig('server', asEnvironment(entries));
  expect(refused).toThrow(SyncError);
  try {
    refused();
  } catch (error) {
    expect(Object.keys((error as SyncError).details)).toEqual(SECRETS);
  }
});

test('shows other values that are all accepted together', () => {
  const config = loadConfig('worker', withSecrets(entries));
  expect(config.instance?.id).toBe('inst_example');
});

test('shows as defaults what the program uses when nothing is set', () => {
  const required = entries.filter(isExample);
  const unset = loadConfig('worker', withSecrets(required));
  const set = loadConfig('worker', withSecrets(entries));
  // Their defaults depend on the program and on the key, so they are no part of the config.
  const early = (config: typeof set) => ({
    ...config,
    cron: undefined,
    instance: { ...config.instance, since: undefined },
    connected: {
      ...config.connected,
      readsPerSecond: undefined,
      shared: { ...config.connected?.shared, since: undefined },
    },
  });
  expect(early(set)).toEqual(early(unset));
  expect(set.cron).toBe(DEFAULT_CRON);
  expect(set.instance?.since).toBe('all');
});

test('shows an example, and no default, for what is required or has none', () => {
  expect(
    entries
      .filter(isExample)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'ALERT_WEBHOOK_URL',
    'BLNK_API_KEY',
    'BLNK_INSTANCE_ID',
    'BLNK_PAYOUT_BALANCE',
    'CALLBACK_SECRET',
    'DATABASE_URL',
    'ENCRYPTION_KEYS',
    'LAUNCH_SECRET',
    'PUBLIC_URL',
    'STRIPE_KEY_INSTANCES',
    'STRIPE_SECRET_KEY',
    'TEMPORAL_ADDRESS',
    'TEMPORAL_CLI_PATH',
    'TEMPORAL_DEPLOYMENT_NAME',
    'TEMPORAL_UI_URL',
    'TEMPORAL_WORKER_BUILD_ID',
    'TRUSTED_PROXIES',
  ]);
});
