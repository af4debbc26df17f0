import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  openStateFolder,
  readRunning,
  type RunningFacts,
} from '../../src/local/state/state-folder';
import { socketFolder } from '../../src/local/process/unix-socket';
import {
  kill,
  runUntilFirstLine,
  scratchFolder,
  type Scratch,
} from '../support/processes/local-support';

const FACTS: RunningFacts = {
  mode: 'sandbox',
  temporalAddress: '127.0.0.1:7233',
  temporalNamespace: 'default',
  webUiUrl: 'http://127.0.0.1:8233',
  databaseUrl: 'postgresql://postgres@/postgres?host=%2Ftmp%2Fx',
  sandbox: { stripeBase: 'http://127.0.0.1:1', blnkUrl: 'http://127.0.0.1:2' },
};

const OWNER = `
const [folder, facts] = process.argv.slice(2);
void dist('local/state/state-folder').openStateFolder(folder).then((state) => {
  state.publish(JSON.parse(facts));
  console.log(JSON.stringify({ pid: process.pid }));
});`;

let scratch: Scratch;
let folder: string;

beforeEach(() => {
  scratch = scratchFolder();
  folder = scratch.file('data/sandbox');
});
afterEach(() => {
  // A killed owner leaves its socket folder behind.
  rmSync(socketFolder(folder), { recursive: true });
  scratch.remove();
});

const startOwner = () =>
  runUntilFirstLine(scratch.program('owner.js', OWNER), folder, JSON.stringify(FACTS));

test('other programs find the running one through running.json, until it has gone', async () => {
  expect(await readRunning(folder)).toBeUndefined();
  const state = await openStateFolder(folder);
  expect(await readRunning(folder)).toBeUndefined();
  state.publish(FACTS);
  expect(await readRunning(folder)).toMatchObject({ ...FACTS, pid: process.pid });
  await state.release();
  expect(await readRunning(folder)).toBeUndefined();
  expect(existsSync(join(folder, 'running.json'))).toBe(false);
});

test('only this user can read what is kept, and who runs', async () => {
  const state = await openStateFolder(folder);
  state.publish(FACTS);
  const rights = (path: string) => statSync(path).mode & 0o777;
  expect(rights(folder)).toBe(0o700);
  expect(rights(state.socketDir)).toBe(0o700);
  expect(rights(join(folder, 'running.json'))).toBe(0o600);
  await state.release();
});

test('a second start is refused and names the first', async () => {
  const owner = await startOwner();
  const error = await openStateFolder(folder).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'ALREADY_RUNNING',
    details: { folder, process: String(owner.said['pid']) },
  });
  expect(await readRunning(folder)).toMatchObject(FACTS);
  await kill(owner.process);
});

test('what a killed owner left behind is taken over, by one of two that try at once', async () => {
  const owner = await startOwner();
  await kill(owner.process);
  expect(existsSync(join(folder, 'running.json'))).toBe(true);
  expect(await readRunning(folder)).toBeUndefined();

  const tries = await Promise.allSettled([openStateFolder(folder), openStateFolder(folder)]);
  const won = tries.filter((one) => one.status === 'fulfilled');
  expect(won).toHaveLength(1);
  expect(existsSync(join(folder, 'running.json'))).toBe(false);
  won[0]?.value.publish(FACTS);
  expect(await readRunning(folder)).toMatchObject({ pid: process.pid });
  await won[0]?.value.release();
});

test('a running.json that an earlier owner left is not believed while another one runs', async () => {
  const owner = await startOwner();
  const left = readFileSync(join(folder, 'running.json'), 'utf8');
  await kill(owner.process);
  const state = await openStateFolder(folder);
  writeFileSync(join(folder, 'running.json'), left);
  expect(await readRunning(folder)).toBeUndefined();
  await state.release();
});

test('a socket folder that others can open is refused', async () => {
  const state = await openStateFolder(folder);
  chmodSync(state.socketDir, 0o755);
  expect(() => socketFolder(folder)).toThrow(/only this user can open/);
  chmodSync(state.socketDir, 0o700);
  await state.release();
});

test('the socket folder stays short enough for a socket however deep the state lies', async () => {
  const state = await openStateFolder(join(folder, 'deep'.repeat(20), 'deeper'.repeat(20)));
  expect(socketFolder(state.path, `/tmp/${'x'.repeat(90)}`)).toMatch(
    /^\/tmp\/blnk-sync-[0-9a-f]{12}$/,
  );
  expect(state.socketDir.length).toBeLessThan(80);
  await state.release();
});
