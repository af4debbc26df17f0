/** `instances`, as people run it: keys by the environment or standard input, tried before they are stored. */
import { randomUUID } from 'node:crypto';
import {
  LIVE_KEY,
  newInstanceId,
  startCloudWorld,
  type CloudWorld,
} from '../support/worlds/cloud-world';
import { scratchFolder, type Scratch } from '../support/processes/local-support';
import { startOwnDatabase } from '../support/databases/own-database';
import { describeSchedule } from '../../src/temporal/schedules';
import { createKeyring, ledgerPlace } from '../../src/secrets/keyring';
import { Secret } from '../../src/secret';
import { findAccess } from '../../src/store/access';
import { connectDb } from '../../src/store/db';
import { startCli, type Ended } from '../support/processes/cli-process';
import { randomKey } from '../support/random-key';

const TEST_KEY = 'sk_test_sandbox';

let world: CloudWorld;
let folder: Scratch;
beforeAll(async () => {
  world = await startCloudWorld();
  folder = scratchFolder();
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

const keys = (instanceId: string) => {
  const blnk = `blnk_${randomUUID()}_hush`;
  world.blnk.keys.cloud.set(blnk, { instanceId, permissions: ['data:read', 'data:write'] });
  return { CONNECT_BLNK_KEY: blnk, CONNECT_STRIPE_KEY: TEST_KEY };
};

function run(args: readonly string[], extra = {}, input = '', noun = 'instances'): Promise<Ended> {
  return startCli(folder.path, [noun, ...args], { ...world.cliSettings, ...extra }, input).ended;
}

test('connects by keys of the environment, shows the account, and makes a schedule', async () => {
  const id = newInstanceId();
  const given = keys(id);
  const connected = await run(['connect', '--instance', id, '--yes'], given);
  expect(connected).toMatchObject({ code: 0 });
  expect(connected.stdout).toMatch(/Stripe account acct_\w+, test mode/);
  expect(await world.view(id)).toMatchObject({ standing: 'ready', origin: 'cli' });
  expect(await describeSchedule(world.client, id)).toMatchObject({ paused: false });
  const shown = await run(['show', '--instance', id, '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ instanceId: id, standing: 'ready' });
  expect((await run(['list'])).stdout).toContain(id);
  const row = JSON.stringify(await findAccess(world.db, id));
  const said = connected.stdout + connected.stderr + shown.stdout + row;
  for (const key of Object.values(given)) expect(said).not.toContain(key);

  // Another mode is another source: only with --change.
  const live = { CONNECT_STRIPE_KEY: LIVE_KEY };
  const again = ['connect', '--instance', id, '--stripe-only', '--since', 'all', '--yes'];
  const refused = await run(again, live);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('STRIPE_SOURCE_DIFFERS');
  expect((await world.view(id)).stripe?.livemode).toBe(false);
  expect(await run([...again, '--change'], live)).toMatchObject({ code: 0 });
  expect((await world.view(id)).stripe?.livemode).toBe(true);

  expect((await run(['remove', '--instance', id])).code).toBe(2);
  expect(await run(['remove', '--instance', id, '--yes'])).toMatchObject({ code: 0 });
  expect(await world.view(id)).toMatchObject({ standing: 'inactive', ledger: null, stripe: null });
  expect(await describeSchedule(world.client, id)).toBeUndefined();
});

test('puts stored keys under the first encryption key, so that the old one can be dropped', async () => {
  const id = newInstanceId();
  const given = keys(id);
  // Of its own: the keys of other tests stay as they are.
  const database = await startOwnDatabase();
  const db = connectDb(database.url, 1);
  const here = { DATABASE_URL: database.url };
  const connected = await run(['connect', '--instance', id, '--yes'], { ...given, ...here });
  expect(connected).toMatchObject({ code: 0 });
  const [first, second] = ['k1', 'k2'].map((name) => randomKey(name));
  const both = { ...here, ENCRYPTION_KEYS: `k2:${second},k1:${first}` };
  const rotated = await run(['rotate', '--json'], both, '', 'keys');
  expect(JSON.parse(rotated.stdout)).toMatchObject({ rotated: 2, already: 0 });
  const row = await findAccess(db, id);
  const keyring = createKeyring([{ id: 'k2', key: new Secret(second!) }]);
  const stripe = keyring.open(row!.stripeKey!, { owner: id, purpose: 'stripe' });
  expect(stripe.reveal()).toBe(given.CONNECT_STRIPE_KEY);
  const { installId, blnkKind, apiKey } = row!.install!;
  const blnk = keyring.open(apiKey, ledgerPlace({ installId, blnkKind }));
  expect(blnk.reveal()).toBe(given.CONNECT_BLNK_KEY);

  const again = await run(['rotate', '--json'], both, '', 'keys');
  expect(JSON.parse(again.stdout)).toMatchObject({ rotated: 0, already: 2 });
  const other = { ...here, ENCRYPTION_KEYS: `k3:${second}` };
  expect(await run(['rotate'], other, '', 'keys')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ENCRYPTION_KEY_UNKNOWN') as unknown,
  });
  await db.close();
  await database.stop();
});

test('takes keys line by line from standard input, and nothing without confirmation', async () => {
  const id = newInstanceId();
  const input = `${Object.values(keys(id)).join('\n')}\n`;
  const unconfirmed = await run(['connect', '--instance', id], {}, input);
  expect(unconfirmed.code).toBe(2);
  expect(unconfirmed.stderr).toContain('--yes');
  expect(await world.view(id)).toMatchObject({ standing: 'needs_stripe', stripe: null });
  expect(await run(['connect', '--instance', id, '--yes'], {}, input)).toMatchObject({ code: 0 });
  expect(await world.view(id)).toMatchObject({ standing: 'ready' });
});

test('a ledger key that does not work on this very instance stores nothing', async () => {
  const id = newInstanceId();
  const { code, stderr } = await run(['connect', '--instance', id, '--yes'], keys(newInstanceId()));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^BLNK_/);
  expect(await findAccess(world.db, id)).toBeUndefined();
  const none = await run(['connect', '--instance', id, '--yes']);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('CONNECT_BLNK_KEY');
});
