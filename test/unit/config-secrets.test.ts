import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { loadConfig } from '../../src/config';
import type { SyncError } from '../../src/domain/errors';
import { Secret } from '../../src/secret';

const SETTINGS = {
  STRIPE_SECRET_KEY: ['rk', 'test', 'hush1'].join('_'),
  STRIPE_KEY_INSTANCES: 'inst_2',
  BLNK_API_KEY: 'hush3',
  BLNK_INSTANCE_ID: 'inst_1',
  DATABASE_URL: 'postgresql://sync:hush4@db/sync',
  TEMPORAL_ADDRESS: 'temporal:7233',
  ENCRYPTION_KEYS: `k1:${Buffer.from('hush5-0Qw1Er2Ty3Ui4Op5As6Df7Gh8J').toString('base64')}`,
  CALLBACK_SECRET: 'hush6-9Zx8Cv7Bn6Ml5Kj4Hg3Fd2Sa1Q',
  LAUNCH_SECRET: 'hush9-1Aq2Sw3De4Fr5Gt6Hy7Ju8Ki9L',
  ALERT_WEBHOOK_URL: 'https://alerts.example.com/hush7?token=hush8',
  PUBLIC_URL: 'https://app.example.com',
};

describe('a secret', () => {
  const secret = new Secret('hush');

  test.each<[string, () => string]>([
    ['a template', () => `key ${secret.toString()}`],
    ['concatenation', () => ''.concat(secret as unknown as string)],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ secret }, { showHidden: true, depth: 5 })],
    ['an error', () => inspect(new Error('x', { cause: { secret } }))],
    ['its keys', () => Object.entries(secret).join() + '***'],
  ])('shows as *** in %s', (_way, show) => {
    expect(show()).toContain('***');
    expect(show()).not.toContain('hush');
  });

  test('of the settings is shown nowhere in the config', () => {
    const config = loadConfig('worker', SETTINGS);
    expect(config.connected?.shared).toBeDefined();
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain('hush');
    expect(secret.reveal()).toBe('hush');
  });
});

const RANDOM = 'hush-5Tg6Yh7Uj8Ik9Ol0Pq1Aw2Sx3Ed';

describe('a secret that somebody could guess', () => {
  /** The settings that are refused, for a secret in three places. */
  function refused(secret: string): string[] {
    try {
      loadConfig('worker', {
        ...SETTINGS,
        ENCRYPTION_KEYS: `k1:${Buffer.from(secret, 'latin1').toString('base64')}`,
        CALLBACK_SECRET: `${RANDOM},${secret}`,
        LAUNCH_SECRET: secret,
      });
      return [];
    } catch (error) {
      expect(inspect(error)).not.toContain(secret);
      return Object.keys((error as SyncError).details).sort();
    }
  }

  test.each([
    'hush'.repeat(8),
    'x'.repeat(32),
    `hush${'x'.repeat(28)}`,
    'hush-changeme-0Q1W2E3R4T5Y6U7I8O',
    'hush-EXAMPLE-0Q1W2E3R4T5Y6U7I8O9',
    'hush0123456789hush0123456789hush',
    'abcdefghijklmnopqrstuvwxyz012345',
    '98765432109876543210987654321098',
  ])('is refused by name: %s', (secret) => {
    expect(refused(secret)).toEqual(['CALLBACK_SECRET', 'ENCRYPTION_KEYS', 'LAUNCH_SECRET']);
  });

  test('is none that was made at random', () => {
    for (let at = 0; at < 2_000; at += 1) {
      const [first, second] = [
        randomBytes(16).toString('hex'),
        randomBytes(24).toString('base64url'),
      ];
      const key = randomBytes(32).toString('base64');
      const settings = {
        ENCRYPTION_KEYS: `k1:${key}`,
        CALLBACK_SECRET: first,
        LAUNCH_SECRET: second,
      };
      expect(() => loadConfig('worker', { ...SETTINGS, ...settings })).not.toThrow();
    }
  });
});

test('an old secret is taken beside the new one, and the launch has its own', () => {
  const revealed = (secrets?: readonly Secret[]) => secrets?.map((one) => one.reveal());
  const other = `old-${RANDOM}`;
  const load = (more: Record<string, string | undefined>) =>
    loadConfig('cli', { ...SETTINGS, LAUNCH_SECRET: undefined, ...more }).app;
  const both = load({ CALLBACK_SECRET: `${RANDOM}, ${other}` });
  expect(revealed(both?.callbackSecrets)).toEqual([RANDOM, other]);
  expect(revealed(both?.launchSecrets)).toEqual([RANDOM, other]);
  expect(revealed(load({ LAUNCH_SECRET: other })?.launchSecrets)).toEqual([other]);
  expect(() => load({ LAUNCH_SECRET: SETTINGS.CALLBACK_SECRET })).toThrow('LAUNCH_SECRET');
  expect(() => load({ CALLBACK_SECRET: undefined, LAUNCH_SECRET: other })).toThrow(
    'CALLBACK_SECRET',
  );
});
