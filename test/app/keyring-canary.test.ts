/** A wrong ENCRYPTION_KEYS is told at the start, and by which id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkKeyring } from '../../src/instances/canary';
import { createKeyring } from '../../src/secrets/keyring';
import { Secret } from '../../src/secret';
import { connectDb, type Db } from '../../src/store/db';
import { DIST } from '../support/processes/local-support';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { HUSH_SECRET, randomKey } from '../support/random-key';

let database: OwnDatabase;
let db: Db;
beforeEach(async () => {
  database = await startOwnDatabase();
  db = connectDb(database.url, 1);
});
afterEach(async () => {
  await db.close();
  await database.stop();
});

const keys = (...given: readonly (readonly [id: string, name: string])[]) => ({
  encryptionKeys: given.map(([id, name]) => ({ id, key: new Secret(randomKey(name)) })),
});

test('another key under an id that was used is refused; a new id, an old one and their order are not', async () => {
  await checkKeyring(db, keys(['k1', 'one']));
  await checkKeyring(db, keys(['k1', 'one']));
  await checkKeyring(db, keys(['k2', 'two'], ['k1', 'one']));
  await checkKeyring(db, keys(['k2', 'two']));
  const wrong = checkKeyring(db, keys(['k2', 'two'], ['k1', 'other']));
  await expect(wrong).rejects.toMatchObject({
    code: 'ENCRYPTION_KEY_CHANGED',
    details: { key: 'k1' },
  });
});

test('where no canary is yet, the stored keys tell, and one that is damaged does not mislead', async () => {
  const { encryptionKeys } = keys(['k1', 'one']);
  const keyring = createKeyring(encryptionKeys);
  const sealed = keyring.seal(new Secret('rk_hush'), { owner: 'inst_1', purpose: 'stripe' });
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance, origin, status, stripe_key)
     values ('inst_1', '@a', '@b', 'app', 'inactive', $1), ('inst_2', '@a', '@b', 'app', 'inactive', $1)`,
    [sealed],
  );
  await expect(checkKeyring(db, keys(['k1', 'other']))).rejects.toMatchObject({
    code: 'ENCRYPTION_KEY_CHANGED',
  });
  await checkKeyring(db, keys(['k1', 'one']));
  await expect(checkKeyring(db, keys(['k1', 'other']))).rejects.toMatchObject({
    code: 'ENCRYPTION_KEY_CHANGED',
  });
});

const PROGRAMS: readonly (readonly [program: string, ...args: string[]])[] = [
  ['worker'],
  ['server'],
  ['client', 'instances', 'refuse', '--instance', 'inst_1'],
  ['client', 'keys', 'rotate'],
  ['client', 'check', '--instance', 'inst_1'],
];

test('worker, server and commands end at their start with the wrong one, and say so', async () => {
  await checkKeyring(db, keys(['k1', 'one']));
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance, origin, status)
     values ('inst_1', '@a', '@b', 'app', 'inactive')`,
    [],
  );
  for (const [program, ...args] of PROGRAMS) {
    const child = spawn(process.execPath, [join(DIST, `${program}.js`), ...args], {
      cwd: tmpdir(),
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ENCRYPTION_KEYS: `k1:${randomKey('other')}`,
        CALLBACK_SECRET: HUSH_SECRET,
        PUBLIC_URL: 'https://app.example.com',
        DATABASE_URL: database.url,
        // Nothing is there: that comes later.
        TEMPORAL_ADDRESS: '127.0.0.1:1',
      },
    });
    const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([program, ...args, child.exitCode, said]).toEqual([
      ...[program, ...args, 1],
      expect.stringMatching(/^.*ENCRYPTION_KEY_CHANGED.*k1/s),
    ]);
    expect(said).not.toContain(randomKey('other'));
  }
});
