/** The build that every program begins with: quick, only when needed, and never under what runs. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOut, linkPackages, runNode } from '../support/processes/checkout';

const isRoot = process.getuid?.() === 0;
/** Who may read but not write. */
const NOBODY = 65_534;

let folder: string;
const path = (name: string) => join(folder, name);
const build = () => runNode(folder, ['scripts/run.js', 'build']);
const cli = (...args: string[]) => runNode(folder, ['scripts/run.js', 'client', ...args]);
const bundles = () => readdirSync(path('.build/workflows'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'));
  // Read by other users too.
  chmodSync(folder, 0o755);
  layOut(folder);
  linkPackages(folder);
});

afterEach(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
});

test('a program of a fresh checkout is built without development packages, with a line, and runs', async () => {
  const first = await cli('--version');
  expect(first).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  expect(first.stderr).toMatch(/^Building \(only after a change of the code\) … \d+\.\d s\n$/);

  const second = await cli('--version');
  expect(second).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
});

test('a change is built beside what was there, and the workflows only when it is theirs', async () => {
  await build();
  const first = readlinkSync(path('dist'));
  const before = readFileSync(path(join(first, 'exit.js')), 'utf8');
  const [bundle] = bundles();

  appendFileSync(path('src/exit.ts'), '\nexport const CHANGED = true;\n');
  expect((await build()).stderr).toMatch(/^Building /);
  expect(readlinkSync(path('dist'))).not.toBe(first);
  expect(readFileSync(path('dist/exit.js'), 'utf8')).toContain('CHANGED');
  // A program that runs from it loads, and starts, what it began with.
  expect(readFileSync(path(join(first, 'exit.js')), 'utf8')).toBe(before);
  expect(bundles()).toEqual([bundle]);

  appendFileSync(path('src/workflows/index.ts'), '\nexport const changed = true;\n');
  await build();
  expect(bundles()).toHaveLength(2);
});

test('what was built stays until ten newer builds are there', async () => {
  await build();
  const first = readlinkSync(path('dist'));
  for (let changes = 1; changes <= 10; changes += 1) {
    expect(existsSync(path(first))).toBe(true);
    appendFileSync(path('src/exit.ts'), `\nexport const CHANGE_${changes} = true;\n`);
    await build();
  }
  expect(existsSync(path(first))).toBe(false);
});

test('two that build at the same time end with the same, whole', async () => {
  const [one, other] = await Promise.all([build(), build()]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(readdirSync(path('.build')).sort()).toEqual([
    readlinkSync(path('dist')).replace('.build/', ''),
    'workflows',
  ]);
  expect(await cli('--version')).toMatchObject({ code: 0, stderr: '' });
});

test('a checkout that cannot be written runs when it is built, and says so in one line when it is not', async () => {
  const asNobody = (...args: string[]) =>
    runNode(folder, ['scripts/run.js', ...args], isRoot ? { user: NOBODY } : {});
  if (!isRoot) chmodSync(folder, 0o555);
  const refused = await asNobody('client', '--version');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^BUILD_FAILED: .* cannot be written \(EACCES\)\. Run `npm run build` .*\n$/,
  );

  if (!isRoot) chmodSync(folder, 0o755);
  await build();
  if (!isRoot) chmodSync(folder, 0o555);
  expect(await asNobody('client', '--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
});

test('packages that are not installed are named as the cause', async () => {
  rmSync(path('node_modules'), { recursive: true });
  const { code, stderr } = await build();
  expect(code).toBe(1);
  expect(stderr).toMatch(/\nBUILD_FAILED: The packages are not installed\. Run `npm ci`\.\n$/);
});
