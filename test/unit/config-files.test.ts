/** Settings from files, as container engines mount secrets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const KEY = ['rk', 'test', 'ofTheFile'].join('_');
const ENVIRONMENT = {
  BLNK_API_KEY: 'blnk_one',
  BLNK_INSTANCE_ID: 'inst_1',
};

test('NAME_FILE gives NAME, without the line end of an editor', () => {
  const STRIPE_SECRET_KEY_FILE = file('key', `${KEY}\n`);
  const { instance } = loadConfig('start', { ...ENVIRONMENT, STRIPE_SECRET_KEY_FILE });
  expect(instance?.stripe.secretKey.reveal()).toBe(KEY);
});

test('what stands in the environment, even as empty, or comes on top of it, wins over a file', () => {
  const STRIPE_SECRET_KEY_FILE = file('other', 'no key at all');
  const own = loadConfig('start', {
    ...ENVIRONMENT,
    STRIPE_SECRET_KEY: KEY,
    STRIPE_SECRET_KEY_FILE,
  });
  expect(own.instance?.stripe.secretKey.reveal()).toBe(KEY);
  const overlaid = loadConfig(
    'start',
    { ...ENVIRONMENT, STRIPE_SECRET_KEY_FILE },
    { STRIPE_SECRET_KEY: KEY },
  );
  expect(overlaid.instance?.stripe.secretKey.reveal()).toBe(KEY);
  const ALERT_WEBHOOK_URL_FILE = file('webhook', 'https://alerts.example.com/hook');
  expect(loadConfig('start', { ALERT_WEBHOOK_URL_FILE }).alertWebhook).toBeDefined();
  const emptied = { ALERT_WEBHOOK_URL: '', ALERT_WEBHOOK_URL_FILE };
  expect(loadConfig('start', emptied).alertWebhook).toBeUndefined();
});

test('an empty file is no setting, as an empty variable is none', () => {
  const nothing = file('nothing', '\n');
  expect(loadConfig('start', { STRIPE_SECRET_KEY_FILE: nothing }).instance).toBeUndefined();
  expect(loadConfig('start', { ENCRYPTION_KEYS_FILE: '/dev/null' }).connected).toBeUndefined();
});

test('a file that cannot be read, or holds something else, is named and not shown', () => {
  const load = (environment: Record<string, string>) => () =>
    loadConfig('start', { ...ENVIRONMENT, ...environment });
  expect(load({ STRIPE_SECRET_KEY_FILE: join(folder, 'missing') })).toThrow(
    expect.objectContaining({
      code: 'SETTINGS_INVALID',
      details: expect.objectContaining({
        STRIPE_SECRET_KEY_FILE: 'cannot be read (ENOENT)',
      }) as unknown,
    }) as Error,
  );
  expect(load({ STRIPE_SECRET_KEY_FILE: file('wrong', 'hush-hush') })).toThrow(
    expect.objectContaining({
      details: { STRIPE_SECRET_KEY: expect.not.stringContaining('hush') as string },
    }) as Error,
  );
});
