import { inspect } from 'node:util';
import { loadConfig } from '../../src/config';
import type { Environment, Program } from '../../src/config/combinations';
import { SETTING_NAMES } from '../../src/config/settings';
import { SyncError } from '../../src/domain/errors';
import { exitCodeOf } from '../../src/exit';

const TEST_KEY = ['rk', 'test', 'hush1'].join('_');
const LIVE_KEY = ['rk', 'live', 'hush2'].join('_');

const cloud: Environment = {
  STRIPE_SECRET_KEY: TEST_KEY,
  BLNK_API_KEY: 'hush3',
  BLNK_INSTANCE_ID: 'inst_1',
};
const core: Environment = {
  STRIPE_SECRET_KEY: TEST_KEY,
  BLNK_API_KEY: 'hush3',
  BLNK_KIND: 'core',
  BLNK_URL: 'http://127.0.0.1:5001',
};
const external: Environment = {
  DATABASE_URL: 'postgresql://sync:hush4@db/sync',
  TEMPORAL_ADDRESS: 'temporal:7233',
};

const ENCRYPTION_KEY = Buffer.from('hush5-0Qw1Er2Ty3Ui4Op5As6Df7Gh8J').toString('base64');
const app: Environment = {
  ENCRYPTION_KEYS: `k1:${ENCRYPTION_KEY}`,
  CALLBACK_SECRET: 'hush6-9Zx8Cv7Bn6Ml5Kj4Hg3Fd2Sa1Q',
  PUBLIC_URL: 'https://app.example.com',
};

function without(environment: Environment, ...names: string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

/** The refusal; its problems by setting are in its details. */
function refusalOf(environment: Environment, program: Program = 'start') {
  try {
    loadConfig(program, environment);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const refusedNames = (...parameters: Parameters<typeof refusalOf>) =>
  Object.keys(refusalOf(...parameters).details).sort();

describe('the sandbox', () => {
  test('is what remains without any STRIPE_ or BLNK_ setting', () => {
    for (const program of ['start', 'cli'] as const) {
      expect(loadConfig(program, {})).toMatchObject({ instance: undefined, external: undefined });
    }
  });

  test.each(['SYNC_SINCE', 'SYNC_CRON', 'LOG_LEVEL', 'TEMPORAL_CLI_PATH'] as const)(
    'is not left because of %s',
    (name) => {
      const values = {
        SYNC_SINCE: 'all',
        SYNC_CRON: '0 * * * *',
        LOG_LEVEL: 'warn',
        TEMPORAL_CLI_PATH: 'temporal',
      };
      expect(loadConfig('start', { [name]: values[name] }).instance).toBeUndefined();
    },
  );

  test('is not left because of a blank setting', () => {
    expect(loadConfig('start', { STRIPE_SECRET_KEY: '', BLNK_URL: '  ' }).instance).toBeUndefined();
  });

  test("is not left because of the contract suite's address", () => {
    const environment = { BLNK_CORE_URL: 'http://127.0.0.1:5001', BLNK_CORE_KEY: 'hush5' };
    expect(loadConfig('start', environment).instance).toBeUndefined();
  });

  test.each(SETTING_NAMES.filter((name) => /^(STRIPE|BLNK)_/.test(name)))(
    'is left for good by %s alone, even in a form that is wrong',
    (name) => {
      const problems = refusedNames({ [name]: 'x y' });
      const required = ['BLNK_API_KEY', 'BLNK_INSTANCE_ID', 'STRIPE_SECRET_KEY'];
      expect(problems).toEqual(expect.arrayContaining(required));
    },
  );

  test('is left by a STRIPE_ or BLNK_ setting that nobody knows, as by a misspelt one', () => {
    expect(refusedNames({ STRIPE_SECRETKEY: TEST_KEY })).toContain('STRIPE_SECRET_KEY');
    expect(refusedNames({ BLNK_APIKEY: 'hush3' })).toContain('BLNK_API_KEY');
  });
});

describe('an instance', () => {
  test('of Blnk Cloud needs two keys and its id, and the rest has defaults', () => {
    const { instance } = loadConfig('start', cloud);
    expect(instance).toMatchObject({
      id: 'inst_1',
      stripe: { livemode: false },
      blnk: { kind: 'cloud' },
      balances: { source: '@stripe', guest: '@stripe-guest' },
      since: undefined,
    });
    expect(instance?.stripe.secretKey.reveal()).toBe(TEST_KEY);
    expect(instance?.stripe.apiBase.href).toBe('https://api.stripe.com/');
    expect(instance?.blnk.url.href).toBe('https://api.cloud.blnkfinance.com/');
    expect(instance?.blnk.apiKey.reveal()).toBe('hush3');
  });

  test('of a Core needs two keys and an address, and is called core', () => {
    const { instance } = loadConfig('start', core);
    expect(instance).toMatchObject({ id: 'core', blnk: { kind: 'core' } });
    expect(instance?.blnk.url.href).toBe('http://127.0.0.1:5001/');
  });

  test.each([...Object.keys(cloud)])('of Blnk Cloud is refused without %s alone', (name) => {
    expect(refusedNames(without(cloud, name))).toEqual([name]);
  });

  test.each(['STRIPE_SECRET_KEY', 'BLNK_API_KEY', 'BLNK_URL'])(
    'of a Core is refused without %s alone',
    (name) => {
      expect(refusedNames(without(core, name))).toEqual([name]);
    },
  );

  test('is refused with every pair of its required settings missing, both named', () => {
    for (const [complete, names] of [
      [cloud, ['BLNK_API_KEY', 'BLNK_INSTANCE_ID', 'STRIPE_SECRET_KEY']],
      [core, ['BLNK_API_KEY', 'BLNK_URL', 'STRIPE_SECRET_KEY']],
    ] as const) {
      for (const left of names) {
        const missing = names.filter((name) => name !== left);
        expect(refusedNames(without(complete, ...missing))).toEqual(missing);
      }
    }
  });

  test('without an id learns that a Core needs BLNK_KIND', () => {
    const { message } = refusalOf(without(core, 'BLNK_KIND'));
    expect(message).toContain('BLNK_INSTANCE_ID is missing');
    expect(message).toContain('BLNK_KIND=core');
  });

  test.each([
    ['2026-02-01', Date.UTC(2026, 1, 1) / 1000],
    ['2026-02-01T10:00:00Z', Date.UTC(2026, 1, 1, 10) / 1000],
    ['2026-02-01T10:00:00+02:00', Date.UTC(2026, 1, 1, 8) / 1000],
    ['all', 'all'],
    [' ALL ', 'all'],
  ])('reads SYNC_SINCE %s', (text, since) => {
    expect(loadConfig('start', { ...cloud, SYNC_SINCE: text }).instance?.since).toBe(since);
  });

  test.each<[setting: string | undefined, test: number, live: number]>([
    [undefined, 5, 10],
    ['0.5', 0.5, 0.5],
    ['100', 100, 100],
  ])(
    'reads Stripe %s times a second: %d with a test key, %d with a live one',
    (text, test, live) => {
      const paced = { ...cloud, STRIPE_READS_PER_SECOND: text };
      const withLive = { ...paced, STRIPE_SECRET_KEY: LIVE_KEY };
      expect(loadConfig('start', paced).instance?.stripe.readsPerSecond).toBe(test);
      expect(loadConfig('start', withLive).instance?.stripe.readsPerSecond).toBe(live);
    },
  );

  test.each(['0', '0.0', '-1', '101', '1e1', 'NaN', 'Infinity', '0x5', '5,5', '.5', ' 5'])(
    'does not read Stripe "%s" times a second',
    (text) => {
      const { details } = refusalOf({ ...cloud, STRIPE_READS_PER_SECOND: text });
      expect(details).toEqual({ STRIPE_READS_PER_SECOND: 'must be a number from 0.1 to 100' });
    },
  );

  test('knows by the key whether it is live', () => {
    const live = loadConfig('start', { ...cloud, STRIPE_SECRET_KEY: LIVE_KEY });
    expect(live.instance?.stripe.livemode).toBe(true);
  });

  test('takes what the caller adds over the environment', () => {
    const config = loadConfig('start', cloud, { BLNK_INSTANCE_ID: 'inst_2' });
    expect(config.instance?.id).toBe('inst_2');
  });
});

describe('Temporal and Postgres', () => {
  test('are both external or both embedded', () => {
    expect(loadConfig('start', cloud).external).toBeUndefined();
    const config = loadConfig('start', { ...cloud, ...external });
    expect(config.external?.temporalAddress).toBe('temporal:7233');
    expect(config.external?.databaseUrl.reveal()).toBe(external['DATABASE_URL']);
    expect(config.temporalNamespace).toBe('default');
  });

  test.each(['start', 'worker', 'cli'] as const)('one without the other stops %s', (program) => {
    const settings = { ...cloud, ...external };
    expect(refusedNames(without(settings, 'DATABASE_URL'), program)).toEqual(['DATABASE_URL']);
    const { details } = refusalOf(without(settings, 'TEMPORAL_ADDRESS'), program);
    expect(details).toEqual({
      TEMPORAL_ADDRESS: 'is missing (comes together with DATABASE_URL)',
    });
  });

  test('one without the other stops the sandbox too', () => {
    expect(refusedNames(without(external, 'DATABASE_URL'))).toEqual(['DATABASE_URL']);
  });

  test('are both required by a worker, with an instance', () => {
    expect(refusedNames({}, 'worker')).toEqual([
      'BLNK_API_KEY',
      'BLNK_INSTANCE_ID',
      'DATABASE_URL',
      'STRIPE_SECRET_KEY',
      'TEMPORAL_ADDRESS',
    ]);
    expect(refusedNames(cloud, 'worker')).toEqual(['DATABASE_URL', 'TEMPORAL_ADDRESS']);
    expect(loadConfig('worker', { ...cloud, ...external }).instance?.id).toBe('inst_1');
  });
});

describe('connected instances', () => {
  const parts = { ...app, ...external };

  test('are served without an instance of the environment', () => {
    for (const program of ['start', 'worker', 'server', 'cli'] as const) {
      const config = loadConfig(program, parts);
      expect(config.instance).toBeUndefined();
      expect(config.connected?.cloudUrl.href).toBe('https://api.cloud.blnkfinance.com/');
      expect(config.connected?.stripeBase.href).toBe('https://api.stripe.com/');
      expect(config.connected?.shared).toBeUndefined();
      expect(config.app?.publicUrl.href).toBe('https://app.example.com/');
    }
  });

  test('are served beside one', () => {
    const config = loadConfig('worker', { ...cloud, ...parts });
    expect(config.instance?.id).toBe('inst_1');
    expect(config.connected).toBeDefined();
  });

  test('do not make half an instance of the environment whole', () => {
    for (const name of Object.keys(cloud)) {
      expect(refusedNames({ ...without(cloud, name), ...parts }, 'worker')).toEqual([name]);
    }
  });

  test('get the configured Stripe key only where they are named', () => {
    const bound = { STRIPE_SECRET_KEY: LIVE_KEY, STRIPE_KEY_INSTANCES: 'inst_a, inst_b' };
    const config = loadConfig('worker', { ...bound, ...parts, SYNC_SINCE: '2026-02-01' });
    expect(config.instance).toBeUndefined();
    expect(config.connected?.shared).toMatchObject({
      livemode: true,
      instances: ['inst_a', 'inst_b'],
      since: Date.UTC(2026, 1, 1) / 1000,
    });
    expect(config.connected?.shared?.secretKey.reveal()).toBe(LIVE_KEY);
  });

  test('cannot be named without the key and the keys that encrypt', () => {
    const bound = { STRIPE_KEY_INSTANCES: 'inst_a' };
    expect(refusedNames({ ...bound, ...parts }, 'worker')).toEqual(['STRIPE_SECRET_KEY']);
    expect(refusedNames({ ...cloud, ...bound })).toEqual(['ENCRYPTION_KEYS']);
  });

  test('keep the order of the keys: the first encrypts', () => {
    const both = `new:${ENCRYPTION_KEY}, old:${ENCRYPTION_KEY}`;
    const config = loadConfig('worker', { ...parts, ENCRYPTION_KEYS: both });
    expect(config.connected?.encryptionKeys.map(({ id }) => id)).toEqual(['new', 'old']);
  });
});

describe('the server', () => {
  test('needs the secret of its URLs, keys that encrypt, its address, Temporal and Postgres', () => {
    expect(refusedNames({}, 'server')).toEqual([
      'CALLBACK_SECRET',
      'DATABASE_URL',
      'ENCRYPTION_KEYS',
      'PUBLIC_URL',
      'TEMPORAL_ADDRESS',
    ]);
  });

  test('listens on loopback unless told otherwise', () => {
    expect(loadConfig('cli', {}).listen).toEqual({ host: '127.0.0.1', port: 3000 });
    const told = loadConfig('cli', { LISTEN_HOST: '::', PORT: '8080' });
    expect(told.listen).toEqual({ host: '::', port: 8080 });
  });

  test('may be public over http on this machine only', () => {
    const local = { ...app, PUBLIC_URL: 'http://127.0.0.1:3000' };
    expect(loadConfig('cli', local).app?.publicUrl.port).toBe('3000');
  });
});

/** 35 characters that nobody guesses. */
const RANDOM = 'hush-5Tg6Yh7Uj8Ik9Ol0Pq1Aw2Sx3Ed4Rf';

/** Values that must not be accepted; each holds `hush` so that it is found wherever it is shown. */
const WRONG: [name: (typeof SETTING_NAMES)[number], ...values: string[]][] = [
  ['STRIPE_SECRET_KEY', ['pk', 'test', 'hush'].join('_'), 'hush', 'sk_hush_1', `${TEST_KEY} `],
  ['STRIPE_API_BASE', 'hush', 'ftp://hush', 'https://hush/v1', 'https://me:hush@stripe', 'http://'],
  ['STRIPE_READS_PER_SECOND', 'hush', '-1hush', '5 hush', '1e1hush'],
  ['BLNK_KIND', 'hush', 'Core', 'cloud,hush'],
  ['BLNK_URL', 'hush:5001', 'https://me:hush@ledger', 'http:/hush', 'file:///hush'],
  ['BLNK_API_KEY', 'hush hush', 'hush\nhush', 'hüsh-hush'],
  ['BLNK_INSTANCE_ID', 'hush/hush', 'hush hush', `hush${'x'.repeat(64)}`],
  ['BLNK_SOURCE_BALANCE', 'hush', '@', '@hush hush', '@hush/1', `@hush${'x'.repeat(100)}`],
  ['BLNK_GUEST_BALANCE', 'hush', '@', '@hüsh-hush'],
  ['BLNK_PAYOUT_BALANCE', 'hush', '@', '@hush hush'],
  ['DISPUTES_LOST_TO', 'hush', 'Payer', '@', '@hush/1'],
  [
    'SYNC_SINCE',
    ...['hush', '2026-02-30', '2026-13-01', '1767225600', '01.02.2026', '2026-02-01T10:00'],
  ],
  [
    'SYNC_CRON',
    ...['hush', '* * * *', '* * * * * *', '@hourly', '0 0 31 2 *', '0 25 * * *', 'a b c d e'],
    '0 0 30 feb *',
  ],
  [
    'ALERT_WEBHOOK_URL',
    ...['hush', 'http://hush.example.com', 'https://me:hush@alerts.example.com', 'ftp://hush'],
  ],
  [
    'DATABASE_URL',
    ...['mysql://hush@db/sync', 'hush', '/hush', 'postgresql://sync:example@hush:5432/sync'],
  ],
  ['TEMPORAL_ADDRESS', 'hush', 'http://hush:7233', 'hush:port', 'hush:7233/path'],
  [
    'ENCRYPTION_KEYS',
    'hush',
    `k1:${Buffer.alloc(16, 'hush').toString('base64')}`,
    `k1:${Buffer.alloc(32, 'hush').toString('hex')}`,
    `hush hush:${ENCRYPTION_KEY}`,
    `k1:${ENCRYPTION_KEY},hush`,
    `hush:${ENCRYPTION_KEY},hush:${ENCRYPTION_KEY}`,
  ],
  [
    'CALLBACK_SECRET',
    ...['hush', `${RANDOM}${RANDOM}${RANDOM}${RANDOM}hush`, `/${RANDOM}`, `${RANDOM},${RANDOM}`],
    ...[`${RANDOM},hush`, `${RANDOM},x${RANDOM},y${RANDOM}`, `${RANDOM},`],
  ],
  ['LAUNCH_SECRET', 'hush', `/${RANDOM}`, `${RANDOM},${RANDOM}`],
  ['PUBLIC_URL', 'hush', 'http://hush.example.com', 'https://me:hush@app', 'https://app?hush=1'],
  ['STRIPE_KEY_INSTANCES', 'hush hush', 'inst_1,,hush', 'hush/1'],
  ['KEEP_DAYS_AFTER_UNINSTALL', 'hush', '0', '3651', '-1', '1.5', '1 hush'],
  ['BLNK_CLOUD_URL', 'hush', 'https://me:hush@cloud', 'ftp://hush'],
  ['LISTEN_HOST', 'hush/hush', 'hush hush'],
  ['PORT', 'hush', '0', '65536', '-1', '1e3'],
  [
    'TRUSTED_PROXIES',
    ...['hush', '10.0.0.1,hush', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.0/8/8'],
    ...['10.0.0.1:80', 'fe80::1%hush', '*', 'true', '1', '10.0.0.1,'],
  ],
  ['MAX_CONNECTIONS', 'hush', '9', '60001', '-1', '1.5'],
  ['KEEP_ALIVE_SECONDS', 'hush', '0', '601', '10 hush'],
  ['TEMPORAL_DEPLOYMENT_NAME', 'hush.hush', 'hush hush', `hush${'x'.repeat(128)}`],
  ['TEMPORAL_WORKER_BUILD_ID', 'hush/hush', 'hush hush'],
  ['TEMPORAL_UI_URL', 'hush', 'ws://hush', 'http://me:hush@ui'],
  ['LOG_LEVEL', 'hush', 'DEBUG', 'trace'],
  ['LOG_FORMAT', 'hush', 'PRETTY', 'text'],
  ['MOVEMENTS', 'yes', 'OFF', 'true'],
];

describe('a bad value', () => {
  test.each(WRONG)('of %s is refused by that name, without being shown', (name, ...values) => {
    for (const value of values) {
      const refusal = refusalOf({ ...cloud, ...external, [name]: value }, 'worker');
      expect(Object.keys(refusal.details)).toContain(name);
      expect(inspect(refusal)).not.toMatch(/hush|hüsh/);
    }
  });

  test('is known for every setting that has a form', () => {
    const free = ['TEMPORAL_NAMESPACE', 'TEMPORAL_CLI_PATH'];
    expect(WRONG.map(([name]) => name).sort()).toEqual(
      SETTING_NAMES.filter((name) => !free.includes(name)).sort(),
    );
  });

  test('is named together with all the others and with what is missing', () => {
    const bad = Object.fromEntries(WRONG.map(([name, value]) => [name, value]));
    const refusal = refusalOf(without(bad, 'DATABASE_URL', 'BLNK_API_KEY'), 'server');
    expect(Object.keys(refusal.details).sort()).toEqual(WRONG.map(([name]) => name).sort());
    for (const [name] of WRONG) expect(refusal.message).toContain(name);
  });

  test('ends a program with exit code 2 and says where to look', () => {
    const refusal = refusalOf({ ...cloud, BLNK_KIND: 'hush' });
    expect(exitCodeOf(refusal)).toBe(2);
    expect(refusal.message).toContain('.env.example');
  });
});
