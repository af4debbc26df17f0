import { loadConfig } from '../../src/config';
import { unsafeProbes } from '../../src/checks/unsafe';
import { unsafeSettings } from '../../src/config/unsafe';
import { runProbes } from '../../src/checks/probe';

const key = (...parts: readonly string[]) => parts.join('_');
const core = {
  STRIPE_SECRET_KEY: key('rk', 'live', 'hush'),
  SYNC_SINCE: 'all',
  BLNK_KIND: 'core',
  BLNK_API_KEY: 'hush',
  BLNK_URL: 'http://127.0.0.1:5001',
};
const found = (settings: Record<string, string>) =>
  unsafeSettings(loadConfig('cli', { ...core, ...settings })).map(({ setting }) => setting);

test('a live secret key and a Core over plain http are told, and nothing else', () => {
  expect(found({})).toEqual([]);
  expect(found({ BLNK_URL: 'https://blnk.example.com' })).toEqual([]);
  expect(found({ STRIPE_SECRET_KEY: key('sk', 'test', 'hush') })).toEqual([]);
  expect(found({ STRIPE_SECRET_KEY: key('sk', 'live', 'hush') })).toEqual(['STRIPE_SECRET_KEY']);
  expect(found({ BLNK_URL: 'http://blnk.example.com:5001' })).toEqual(['BLNK_URL']);
});

test('the key that STRIPE_KEY_INSTANCES binds is told too, and one that is both once', () => {
  const shared = {
    STRIPE_SECRET_KEY: key('sk', 'live', 'hush'),
    STRIPE_KEY_INSTANCES: 'inst_1',
    ENCRYPTION_KEYS: `k1:${Buffer.from('hush5-0Qw1Er2Ty3Ui4Op5As6Df7Gh8J').toString('base64')}`,
  };
  expect(found(shared)).toEqual(['STRIPE_SECRET_KEY']);
  expect(unsafeSettings(loadConfig('cli', shared)).map(({ setting }) => setting)).toEqual([
    'STRIPE_SECRET_KEY',
  ]);
});

test('check tells them as notes, without a value', async () => {
  const { instance } = loadConfig('cli', {
    ...core,
    STRIPE_SECRET_KEY: key('sk', 'live', 'hush'),
    BLNK_URL: 'http://hush.example.com',
  });
  const results = await runProbes(unsafeProbes(instance!));
  expect(results).toEqual([
    expect.objectContaining({ name: 'STRIPE_SECRET_KEY', ok: true }),
    expect.objectContaining({ name: 'BLNK_URL', ok: true }),
  ]);
  for (const { next } of results) expect(next).toMatch(/^\w.+\.$/);
  expect(JSON.stringify(results)).not.toContain('hush');
});

test.each(['BLNK_URL', 'BLNK_CLOUD_URL'])('%s of Blnk Cloud is refused over plain http', (name) => {
  const cloud = { ...core, BLNK_KIND: 'cloud', BLNK_INSTANCE_ID: 'inst_1', BLNK_URL: '' };
  const load = () => loadConfig('cli', { ...cloud, [name]: 'http://cloud.example.com' });
  expect(load).toThrow(name);
});

test.each(['sk', 'rk'])(
  'a key of an organisation (%s_org_…) is refused by its own cause',
  (kind) => {
    const load = () =>
      loadConfig('cli', { ...core, STRIPE_SECRET_KEY: key(kind, 'org', 'live', 'x') });
    expect(load).toThrow(/STRIPE_SECRET_KEY is a key of an organisation/);
  },
);
