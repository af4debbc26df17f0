import { inspect } from 'node:util';
import { loadConfig } from '../../src/config';
import { Secret } from '../../src/secret';

const SETTINGS = {
  STRIPE_SECRET_KEY: ['rk', 'test', 'hush1'].join('_'),
  STRIPE_KEY_INSTANCES: 'inst_2',
  BLNK_API_KEY: 'hush3',
  BLNK_INSTANCE_ID: 'inst_1',
  DATABASE_URL: 'postgresql://sync:hush4@db/sync',
  TEMPORAL_ADDRESS: 'temporal:7233',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 'hush5').toString('base64')}`,
  CALLBACK_SECRET: 'hush6'.repeat(8),
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
