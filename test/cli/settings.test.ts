/** The command line where nothing runs yet: settings, keys, usage, and the migration. */
import { openStateFolder } from '../../src/local/state/state-folder';
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { testEnvironment } from '../support/environment';
import { startCli, type Ended, type Settings } from '../support/processes/cli-process';
import { scratchFolder, type Scratch } from '../support/processes/local-support';

const NARROW = 'rk_test_narrow';

let folder: Scratch;
let stripe: StripeStandIn;
let blnk: BlnkStandIn;

beforeAll(async () => {
  folder = scratchFolder();
  blnk = await startBlnkStandIn();
  stripe = await startStripeStandIn({ scenario: 'empty' });
  stripe.addKey({ key: NARROW, livemode: false, permissions: ['rak_payment_intent_read'] });
});
afterAll(async () => {
  await Promise.all([stripe.close(), blnk.close()]);
  folder.remove();
});

const run = (settings: Settings, ...args: string[]): Promise<Ended> =>
  startCli(folder.path, args, settings).ended;

const instance = (settings: Settings = {}): Settings => ({
  STRIPE_SECRET_KEY: 'sk_test_sandbox',
  STRIPE_API_BASE: stripe.url,
  BLNK_KIND: 'core',
  BLNK_URL: blnk.url,
  BLNK_API_KEY: 'blnk_sandbox',
  BLNK_INSTANCE_ID: 'books',
  ...settings,
});

test('with nothing running every verb says how to start it, and exits 1', async () => {
  const [text, json, real] = await Promise.all([
    run({}, 'sync'),
    run({}, 'syncs', 'list', '--json'),
    run(instance(), 'status'),
  ]);
  for (const { code, stderr } of [text, json, real]) {
    expect(code).toBe(1);
    expect(stderr).toBe('NOT_RUNNING: Not running. Start it with npm start.\n');
  }
  expect(text.stdout).toBe('');
  expect(JSON.parse(json.stdout)).toEqual({
    error: {
      code: 'NOT_RUNNING',
      message: 'Not running. Start it with npm start.',
      details: {},
    },
  });
});

test('a call that is not understood exits 2 in one line; help has an example and exits 0', async () => {
  const [verb, option, range, help, none] = await Promise.all([
    run({}, 'synk'),
    run({}, 'sync', '--payments', 'pi_1'),
    run({}, 'sync', '--from', '2026-01-01', '--json'),
    run({}, 'quarantine', 'retry', '--help'),
    run({}),
  ]);
  expect(verb.stderr).toMatch(/^USAGE: .*unknown command 'synk' \(Did you mean sync\?\).*\n$/);
  expect(option.stderr).toMatch(/^USAGE: .*unknown option '--payments'.*\n$/);
  expect(JSON.parse(range.stdout)).toMatchObject({ error: { code: 'USAGE' } });
  expect([verb, option, range, none].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  expect(help.stdout).toContain('npm run cli -- quarantine retry pi_');
  expect(help.code).toBe(0);
});

test('settings that are half given exit 2 with all of their names and none of their values', async () => {
  const half = { STRIPE_SECRET_KEY: 'sk_test_abc', DATABASE_URL: 'postgresql://me:pw@db/x' };
  const { code, stderr } = await run(half, 'status');
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^SETTINGS_INVALID: .*BLNK_API_KEY is missing.*TEMPORAL_ADDRESS is missing/,
  );
  expect(stderr).not.toMatch(/sk_test_abc|me:pw/);
});

test('an instance that is not the one of the settings exits 3', async () => {
  const { code, stderr } = await run(instance(), 'status', '--instance', 'other');
  expect(code).toBe(3);
  expect(stderr).toMatch(/^INSTANCE_UNKNOWN: .*other/);
});

interface Checked {
  readonly ok: boolean;
  readonly notAsked: readonly { readonly name: string; readonly because: string }[];
  readonly results: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
}

const check = async (settings: Settings) => {
  const ended = await run(settings, 'check', '--json');
  const data = JSON.parse(ended.stdout) as Checked;
  const failed = data.results.filter(({ ok }) => !ok);
  return { ...ended, data, failed };
};

test('check looks at Stripe and Blnk before anything runs, which is no failure', async () => {
  const { code, data, failed } = await check(instance());
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
  expect(data.notAsked.map(({ name }) => name)).toEqual(['database', 'Temporal', 'worker']);
  const text = await run(instance(), 'check');
  expect(text.stdout.split('\n').filter((line) => line.includes('not asked'))).toHaveLength(1);
  expect(text.stdout).toContain('Nothing is in the way of `npm start`.');
});

test('check in a folder where nothing was ever started says how to begin', async () => {
  const { code, stdout } = await run({}, 'check');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^No instance yet: .*\n`npm start` starts a sandbox/);
});

test('check names the Stripe permissions that are missing, that for charges only with SYNC_SINCE', async () => {
  const key = { STRIPE_SECRET_KEY: NARROW };
  const [all, since] = await Promise.all([
    check(instance(key)),
    check(instance({ ...key, SYNC_SINCE: '2026-01-01' })),
  ]);
  const permissions = ({ failed }: typeof all) =>
    failed.flatMap(({ detail }) => /permission (rak_\w+)/.exec(detail)?.[1] ?? []);
  expect(permissions(all)).toEqual(['rak_event_read']);
  expect(permissions(since)).toEqual(['rak_event_read', 'rak_charge_read']);
});

test('check tells a wrong key of either side, an address where nobody is, and shows no key', async () => {
  const [keys, nobody] = await Promise.all([
    check(instance({ STRIPE_SECRET_KEY: 'sk_test_wrong', BLNK_API_KEY: 'wrong_blnk_key' })),
    check(instance({ BLNK_URL: 'http://127.0.0.1:9' })),
  ]);
  const named = (failed: typeof keys.failed) =>
    failed.map(({ name, detail }) => `${name}: ${detail}`);
  expect(named(keys.failed)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Stripe key: Stripe does not accept the key/),
      expect.stringMatching(/^Blnk read: Blnk does not accept the key/),
    ]),
  );
  // What cannot pass without the key is not told as a second fault.
  expect(keys.failed).toHaveLength(2);
  expect(keys.data.notAsked).toEqual(
    expect.arrayContaining([
      { name: 'Stripe events', because: 'Stripe key failed' },
      { name: 'Blnk write', because: 'Blnk read failed' },
    ]),
  );
  expect(named(nobody.failed)).toEqual([
    expect.stringMatching(/^Blnk read: Blnk cannot be reached/),
  ]);
  expect(keys.stdout + keys.stderr).not.toMatch(/sk_test_wrong|wrong_blnk_key/);
});

test('a Stripe key of yours and the stand-in ledger that runs beside it make an instance', async () => {
  const state = await openStateFolder(folder.file('.data/sandbox-ledger'));
  state.publish({
    mode: 'sandbox-ledger',
    temporalAddress: testEnvironment().temporalAddress,
    temporalNamespace: 'default',
    webUiUrl: '',
    databaseUrl: testEnvironment().databaseUrl,
    sandbox: { blnkUrl: blnk.url },
  });
  const settings = { STRIPE_SECRET_KEY: 'sk_test_sandbox', STRIPE_API_BASE: stripe.url };
  const { stdout, failed } = await check(settings);
  await state.release();
  expect(JSON.parse(stdout)).toMatchObject({ instanceId: 'sandbox-ledger' });
  expect(failed.map(({ name }) => name)).not.toContain('database');
  expect((await run(settings, 'status')).stderr).toMatch(/^SETTINGS_INVALID: .*BLNK_API_KEY/);
});

test('a live key without SYNC_SINCE is a failed check', async () => {
  stripe.addKey({ key: 'rk_live_key', livemode: true });
  const { failed } = await check(instance({ STRIPE_SECRET_KEY: 'rk_live_key' }));
  expect(failed.find(({ name }) => name === 'settings')?.detail).toContain('SYNC_SINCE is not set');
});

test('migrate works on DATABASE_URL and leaves the embedded database to npm start', async () => {
  const { databaseUrl, temporalAddress } = testEnvironment();
  const external = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress };
  const [current, embedded] = await Promise.all([
    run(external, 'migrate', '--json'),
    run({}, 'migrate'),
  ]);
  expect(current.code).toBe(0);
  expect(JSON.parse(current.stdout)).toEqual({ applied: [] });
  expect(embedded.stdout).toContain('npm start migrates its embedded database itself');
});
