import { inspect } from 'node:util';
import { loadConfig } from '../../src/config';
import type { Environment } from '../../src/config/combinations';
import { SyncError } from '../../src/domain/errors';

const cloud: Environment = {
  STRIPE_SECRET_KEY: ['rk', 'test', 'hush1'].join('_'),
  BLNK_API_KEY: 'hush3',
  BLNK_INSTANCE_ID: 'inst_1',
};
const LIVE_KEY = ['rk', 'live', 'hush2'].join('_');
const external: Environment = {
  DATABASE_URL: 'postgresql://sync:hush4@db/sync',
  TEMPORAL_ADDRESS: 'temporal:7233',
};

function refusalOf(environment: Environment, program: 'start' | 'worker' = 'start'): SyncError {
  try {
    loadConfig(program, environment);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

test('a version of the worker is its deployment and its build, or none', () => {
  const name = { TEMPORAL_DEPLOYMENT_NAME: 'stripe-sync' };
  const build = { TEMPORAL_WORKER_BUILD_ID: '1.2.3' };
  expect(loadConfig('worker', { ...cloud, ...external }).workerVersion).toBeUndefined();
  expect(loadConfig('worker', { ...cloud, ...external, ...name, ...build }).workerVersion).toEqual({
    deploymentName: 'stripe-sync',
    buildId: '1.2.3',
  });
  for (const [half, missing] of [
    [name, 'TEMPORAL_WORKER_BUILD_ID'],
    [build, 'TEMPORAL_DEPLOYMENT_NAME'],
  ] as const) {
    const refusal = refusalOf({ ...cloud, ...external, ...half }, 'worker');
    expect(Object.keys(refusal.details)).toEqual([missing]);
  }
});

describe('a live key', () => {
  const live = { ...cloud, STRIPE_SECRET_KEY: LIVE_KEY };

  test('is not sent over http to another machine', () => {
    const refusal = refusalOf({ ...live, STRIPE_API_BASE: 'http://stripe.example.com' });
    expect(refusal.details).toEqual({ STRIPE_API_BASE: 'must be https with a live key' });
    expect(inspect(refusal)).not.toContain('hush');
  });

  test.each(['https://stripe.example.com', 'http://127.0.0.1:4010', 'http://localhost:4010'])(
    'may be sent to %s',
    (base) => {
      const { instance } = loadConfig('start', { ...live, STRIPE_API_BASE: base });
      expect(instance?.stripe.apiBase.origin).toBe(base);
    },
  );

  test('a test key may be sent over http', () => {
    const base = 'http://stripe.example.com';
    expect(loadConfig('start', { ...cloud, STRIPE_API_BASE: base }).instance).toBeDefined();
  });
});

describe('plain http to another machine', () => {
  const remote = 'http://ledger.example.com';

  test.each(['BLNK_URL', 'BLNK_CLOUD_URL'])('is refused for Blnk Cloud by %s', (name) => {
    const { details } = refusalOf({ ...cloud, [name]: remote });
    expect(Object.keys(details)).toEqual([name]);
    expect(String(details[name])).toContain('must be https');
  });

  test('is taken for a Core, which may stand in a network of its own', () => {
    const { STRIPE_SECRET_KEY, BLNK_API_KEY } = cloud;
    const core = { STRIPE_SECRET_KEY, BLNK_API_KEY, BLNK_KIND: 'core', BLNK_URL: remote };
    expect(loadConfig('start', core).instance?.blnk.url.origin).toBe(remote);
  });
});
