/**
 * What `npm pack` makes, unpacked where npm would install it in an empty folder. Its dependencies are linked from
 * here, since a test asks no registry: this does not show that `npm install` fetches them.
 */
import { execFile } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { layOut, linkPackages } from '../support/processes/checkout';
import { testEnvironment } from '../support/environment';

const run = promisify(execFile);
const NAME = 'blnk-stripe-sync';
const PAGES = ['docs', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', '.env.example'];

let checkout: string;
let folder: string;
let packed: readonly string[];
let database: OwnDatabase;

beforeAll(async () => {
  database = await startOwnDatabase();
  checkout = mkdtempSync(join(tmpdir(), 'checkout-'));
  layOut(checkout);
  layOut(checkout, PAGES);
  linkPackages(checkout);
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  const { stdout } = await npm(checkout, 'npm', ['pack', '--json', '--pack-destination', folder]);
  const [made] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = made.files.map(({ path }) => path);
  await install(made.filename);
});

afterAll(async () => {
  await database.stop();
  for (const one of [checkout, folder]) rmSync(one, { recursive: true });
});

async function install(tarball: string): Promise<void> {
  const target = join(folder, 'node_modules', NAME);
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, tarball), '-C', target, '--strip-components=1']);
  linkPackages(folder);
  mkdirSync(join(folder, 'node_modules', '.bin'));
  symlinkSync(join('..', NAME, 'dist', 'client.js'), join(folder, 'node_modules', '.bin', NAME));
  chmodSync(join(target, 'dist', 'client.js'), 0o755);
}

/** npm or npx, of which nothing asks a registry. */
function npm(cwd: string, program: 'npm' | 'npx', args: readonly string[], env = {}) {
  const offline = { npm_config_offline: 'true', npm_config_yes: 'false', HOME: folder };
  return run(program, args, { cwd, env: { PATH: process.env['PATH'], ...offline, ...env } });
}

const npx = (args: readonly string[], env = {}) => npm(folder, 'npx', [NAME, ...args], env);

test('it holds the compiled programs with what they read, and no sources, tests or builds of before', () => {
  for (const path of [
    'dist/client.js',
    'dist/workflow-bundle.js',
    'dist/portal/assets/portal.css',
  ]) {
    expect(packed).toContain(path);
  }
  expect(packed).toEqual(expect.arrayContaining(PAGES.filter((path) => path !== 'docs')));
  const others = packed.filter((path) => /^(src|sandbox|test|bench|scripts|\.build)\//.test(path));
  expect(others).toEqual([]);
});

test('the checkout that it was packed in goes on with a build that is a link', () => {
  expect(lstatSync(join(checkout, 'dist')).isSymbolicLink()).toBe(true);
});

test('`npx blnk-stripe-sync` says its version and its verbs', async () => {
  expect((await npx(['--version'])).stdout).toBe('0.1.0\n');
  expect((await npx(['--help'])).stdout).toMatch(/^Usage: .*[^]*\n {2}sync /);
});

test('`npx blnk-stripe-sync` migrates a database and says where things stand', async () => {
  const env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: testEnvironment().temporalAddress };
  expect((await npx(['migrate'], env)).stdout).toMatch(/\w/);
  const { stdout } = await npx(['instances', 'list', '--json'], env);
  expect(JSON.parse(stdout)).toMatchObject({});
});
