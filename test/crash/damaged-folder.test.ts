/** `npm start` on a data folder that does not open: what is damaged is set aside whole, and nothing else is. */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from '../../src/domain/report';
import { SyncError } from '../../src/domain/errors';
import { setAsideDamaged } from '../../src/local/postgres/damage';
import { startDatabase } from '../../src/local/postgres/database-process';
import { temporalCli } from '../support/processes/cli';
import { DIST, scratchFolder, type Scratch } from '../support/processes/local-support';

let scratch: Scratch;
beforeAll(async () => {
  scratch = scratchFolder();
  await (await open('whole')).stop();
});
afterAll(() => scratch.remove());

const open = (name: string) =>
  startDatabase({
    socketDir: scratch.path,
    dataDir: scratch.file(name),
    logFile: scratch.file('database.log'),
  });

/** A copy of a whole folder, changed. */
function folder(name: string, change: (path: string) => void): string {
  const path = scratch.file(name);
  cpSync(scratch.file('whole'), path, { recursive: true });
  change(path);
  return path;
}

const startOf = (name: string): Promise<unknown> =>
  open(name).then(
    () => Promise.reject(new Error('it opened')),
    (error: unknown) => error,
  );

const namesLike = (name: string) => readdirSync(scratch.path).filter((one) => one.startsWith(name));

test.each<[string, (path: string) => void]>([
  ['no-control', (path) => rmSync(join(path, 'global', 'pg_control'))],
  ['no-log', (path) => rmSync(join(path, 'pg_wal'), { recursive: true })],
  ['half', (path) => rmSync(join(path, 'PG_VERSION'))],
])('one that is damaged (%s) is set aside whole, and a new one opens', async (name, damage) => {
  const path = folder(name, damage);
  const files = readdirSync(path);
  const place = await setAsideDamaged(await startOf(name), path, scratch.file('database.log'));
  expect(place).toMatch(/\.damaged-\d{8}T\d{6}Z$/);
  expect(readdirSync(place)).toEqual(expect.arrayContaining(files));
  await (await open(name)).stop();
});

test('one of another version of Postgres is left as it is', async () => {
  const path = folder('other', (at) => writeFileSync(join(at, 'PG_VERSION'), '99\n'));
  const error = await startOf('other');
  await expect(setAsideDamaged(error, path, scratch.file('database.log'))).rejects.toMatchObject({
    code: 'DATABASE_UNOPENED',
    details: { version: '99' },
  });
  expect(namesLike('other')).toEqual(['other']);
});

test('one that is in use is left as it is', async () => {
  const first = await open('used');
  try {
    const error = await startOf('used');
    await expect(
      setAsideDamaged(error, scratch.file('used'), scratch.file('database.log')),
    ).rejects.toBe(error);
    expect(namesLike('used')).toEqual(['used']);
  } finally {
    await first.stop();
  }
});

test('one that was killed while it opened is left as it is', async () => {
  const killed = new SyncError('PART_FAILED', { part: 'database', reason: 'ended (SIGKILL)' });
  const path = scratch.file('whole');
  await expect(setAsideDamaged(killed, path, scratch.file('database.log'))).rejects.toBe(killed);
  expect(namesLike('whole')).toEqual(['whole']);
});

test('npm start says so in a line, lists everything again and posts nothing twice', async () => {
  const start = async () =>
    promisify(execFile)(process.execPath, [join(DIST, 'start.js'), '--once', '--json'], {
      cwd: scratch.path,
      env: { PATH: process.env['PATH'], TEMPORAL_CLI_PATH: await temporalCli() },
    });
  const report = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Report;
  const first = report(await start());
  const state = join(scratch.path, '.data', 'sandbox');
  writeFileSync(join(state, 'database', 'global', 'pg_control'), Buffer.alloc(8_192));

  const again = await start();
  expect(again.stderr).toMatch(
    /The database in \S+ is damaged\..*database\.damaged-\d{8}T\d{6}Z.*again/,
  );
  expect(again.stderr).not.toMatch(/wasm|\n\s+at /);
  expect(report(again)).toMatchObject({
    status: 'completed',
    recordsPosted: 0,
    recordsAlreadyPosted: first.recordsPosted,
  });
  const [place = ''] = readdirSync(state).filter((name) => name.startsWith('database.damaged-'));
  expect(readFileSync(join(state, place, 'global', 'pg_control'))).toEqual(Buffer.alloc(8_192));
});
