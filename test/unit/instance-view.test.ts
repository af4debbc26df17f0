import { loadConfig } from '../../src/config';
import { configOf } from '../../src/instances/config-of';
import { viewOf } from '../../src/instances/view';
import { Secret } from '../../src/secret';
import { createKeyring } from '../../src/secrets/keyring';
import type { AccessRow } from '../../src/store/access';
import { randomKey } from '../support/random-key';

const KEY = randomKey('k');
const settings = { ENCRYPTION_KEYS: `k1:${KEY}`, STRIPE_API_BASE: 'http://127.0.0.1:4010' };
const connected = loadConfig('cli', settings).connected!;
const keyring = createKeyring(connected.encryptionKeys);
const seal = (owner: string, purpose: 'blnk' | 'stripe', text: string) =>
  keyring.seal(new Secret(text), { owner, purpose });

const install: NonNullable<AccessRow['install']> = {
  installId: 'instapp_1',
  appId: 'app_1',
  blnkKind: 'cloud',
  blnkUrl: 'https://cloud.example.com',
  apiKey: seal('instapp_1', 'blnk', 'blnk_hush'),
  apiKeyPrefix: 'blnk_h',
  permissions: ['data:read', 'data:write', 'alerts:write'],
};

const ready: AccessRow = {
  instanceId: 'inst_1',
  origin: 'app',
  status: 'active',
  version: 3,
  balances: { source: '@stripe', guest: '@guest' },
  syncSince: '1767225600',
  frozen: false,
  removedAt: null,
  cron: null,
  install,
  stripeKey: seal('inst_1', 'stripe', 'rk_live_hush'),
  stripeAccount: 'acct_1',
  stripeName: 'Example Ltd',
  stripeLivemode: true,
  stripeConfirmedAt: new Date('2026-01-01T00:00:00Z'),
  approvedInstall: null,
  candidate: null,
  isProven: false,
};
const withRights = (permissions: typeof install.permissions): AccessRow => ({
  ...ready,
  install: { ...install, permissions },
});
const unconnected = { ...ready, stripeKey: null, stripeAccount: null, stripeLivemode: null };
const ended = { ...unconnected, status: 'inactive' as const, install: null };
const candidate = { installId: 'instapp_2', status: 'pending' as const, problem: null };

test.each<[string, AccessRow, ReturnType<typeof viewOf>['standing']]>([
  ['with everything', ready, 'ready'],
  ['of the environment', { ...ended, origin: 'environment' }, 'ready'],
  ['without a Stripe account', unconnected, 'needs_stripe'],
  ['without the right to write', withRights(['data:read']), 'needs_write'],
  ['without the right to read', withRights(['data:write']), 'ready'],
  ['with a key of unknown rights', withRights(null), 'ready'],
  ['that has ended', ended, 'inactive'],
  ['on its first trial', { ...ended, candidate }, 'checking'],
  [
    'whose key was refused',
    { ...ended, candidate: { ...candidate, status: 'refused' } },
    'refused',
  ],
  ['with another install on trial', { ...ready, candidate }, 'ready'],
  ['removed and installed again', { ...ended, removedAt: new Date(), candidate }, 'checking'],
])('an instance %s stands where it stands', (_what, row, standing) => {
  expect(viewOf(row, connected).standing).toBe(standing);
});

test('what was not granted is named, and what is not used is not missed', () => {
  expect(viewOf(ready, connected).missing).toEqual([]);
  expect(viewOf(withRights(['data:write']), connected).missing).toEqual([
    'data:read',
    'alerts:write',
  ]);
});

test('the configured key is access where the instance is named and its install approved', () => {
  const shared = loadConfig('cli', {
    ...settings,
    STRIPE_SECRET_KEY: ['rk', 'test', 'hush'].join('_'),
    STRIPE_KEY_INSTANCES: 'inst_1',
    SYNC_SINCE: 'all',
  }).connected!;
  expect(viewOf(unconnected, shared)).toMatchObject({ standing: 'needs_approval', stripe: null });
  expect(() => configOf(unconnected, shared, keyring)).toThrow('nobody has approved its install');
  const another = { ...unconnected, approvedInstall: 'instapp_2' };
  expect(viewOf(another, shared).standing).toBe('needs_approval');
  const approved = { ...unconnected, approvedInstall: 'instapp_1' };
  expect(viewOf(approved, shared)).toMatchObject({
    standing: 'ready',
    stripe: { shared: true, livemode: false },
  });
  expect(configOf(approved, shared, keyring).config).toMatchObject({ since: 'all' });
  // Whoever gave the ledger's key by command has approved it by that.
  const byCommand = { ...unconnected, install: { ...install, appId: null } };
  expect(viewOf(byCommand, shared).standing).toBe('ready');
  const other = { ...approved, instanceId: 'inst_2' };
  expect(viewOf(other, shared).standing).toBe('needs_stripe');
  expect(() => configOf(other, shared, keyring)).toThrow('No Stripe account is connected');
});

test('a sync runs with what the row says', () => {
  const { config, installId, grants } = configOf(ready, connected, keyring);
  expect({ installId, grants }).toEqual({ installId: 'instapp_1', grants: install.permissions });
  expect(config).toMatchObject({
    id: 'inst_1',
    stripe: { livemode: true },
    blnk: { kind: 'cloud' },
    balances: { source: '@stripe', guest: '@guest' },
    since: 1_767_225_600,
  });
  expect(config.stripe.secretKey.reveal()).toBe('rk_live_hush');
  expect(config.blnk.apiKey.reveal()).toBe('blnk_hush');
});

test.each<[string, AccessRow, string]>([
  ['has ended', ended, 'INSTANCE_INACTIVE'],
  ['may not write', withRights(['data:read']), 'BLNK_PERMISSION_MISSING'],
  ['has no Stripe account', unconnected, 'STRIPE_NOT_CONNECTED'],
  [
    'is of an environment that is not here',
    { ...ready, origin: 'environment' },
    'INSTANCE_UNKNOWN',
  ],
  ['has the key of another instance', { ...ready, instanceId: 'inst_2' }, 'STORED_KEY_DAMAGED'],
])('an instance that %s does not sync', (_what, row, code) => {
  expect(() => configOf(row, connected, keyring)).toThrow(
    expect.objectContaining({ code }) as Error,
  );
});

test('the view holds no secret, sealed or not', () => {
  const text = JSON.stringify(viewOf(ready, connected));
  expect(text).not.toContain('hush');
  expect(text).not.toContain('v1.k1');
});
