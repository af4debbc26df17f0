/** A verb is loaded when it is called: what the help says of the others stands in a table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERBS } from '../../src/commands/program';
import { runNode } from '../support/processes/checkout';
import { DIST, scratchFolder } from '../support/processes/local-support';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const CLIENT = join(DIST, 'client.js');

test.each(VERBS)('the help describes $name as its own file does', async ({ name, description }) => {
  const { code, stdout } = await runNode(scratch.path, [CLIENT, name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: npm run cli -- ${name} `);
  expect(stdout).toContain(`\n\n${description}\n\n`);
});

/** What `program` has loaded of packages by its end, and how it ended. */
async function loadedBy(program: string, args: readonly string[]) {
  const spy = scratch.file('spy.js');
  writeFileSync(
    spy,
    `process.on('exit', () => require('node:fs').writeFileSync('loaded', Object.keys(require.cache).join('\\n')));`,
  );
  const ended = await runNode(scratch.path, ['--require', spy, program, ...args]);
  return { ...ended, loaded: readFileSync(join(scratch.path, 'loaded'), 'utf8') };
}

const SLOW = /node_modules\/(@temporalio|@grpc|axios|stripe|pino)\//;

test.each([[['--help']], [['nonsense']], [['--version']], [[]], [['help']]])(
  'called with %j, nothing is loaded that takes its time',
  async (args) => {
    const { loaded } = await loadedBy(CLIENT, args);
    expect(loaded).toContain('commander');
    expect(loaded).not.toMatch(SLOW);
    expect(loaded).not.toMatch(/node_modules\/pg\//);
  },
);

test.each(VERBS)('neither the help of $name nor a mistyped option loads it', async ({ name }) => {
  const help = await loadedBy(CLIENT, [name, '--help']);
  expect(help.loaded).not.toMatch(SLOW);
  const mistyped = await loadedBy(CLIENT, [name, '-nonsense']);
  expect(mistyped.code).toBe(2);
  expect(mistyped.loaded).not.toMatch(SLOW);
});

test.each([
  [['--help'], 0, 'npm start -- --once'],
  [['--nonsense'], 2, "USAGE: The command was not understood (unknown option '--nonsense')"],
  [['-plan'], 2, "unknown option '-plan'; options begin with two dashes"],
  [['--scenario', 'x'], 2, '--scenario is one of default, '],
  [['--scenario'], 2, "option '--scenario <value>' argument missing"],
])('npm start with %j says so before it loads anything', async (args, code, said) => {
  const ended = await loadedBy(join(DIST, 'start.js'), args);
  expect(ended.code).toBe(code);
  expect(ended.stdout + ended.stderr).toContain(said);
  expect(ended.loaded).not.toContain('node_modules');
});

test.each([
  [
    ['help', 'quarantine', 'close'],
    ['quarantine', 'close', '--help'],
  ],
  [
    ['quarantine', 'help', 'close'],
    ['quarantine', 'close', '--help'],
  ],
  [
    ['help', 'sync'],
    ['sync', '--help'],
  ],
  [['help'], ['--help']],
])('%j shows the same as %j', async (asked, meant) => {
  const shown = await runNode(scratch.path, [CLIENT, ...asked]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toBe((await runNode(scratch.path, [CLIENT, ...meant])).stdout);
  expect(shown.stdout).toContain(`Usage: npm run cli -- ${meant.slice(0, -1).join(' ')}`);
});

test.each([[['help', 'nonsense']], [['nonsense', '--help']], [['help', 'quarantine', 'nonsense']]])(
  '%j asks for the help of nothing, and is told so',
  async (args) => {
    const { code, stderr } = await runNode(scratch.path, [CLIENT, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain("(unknown command 'nonsense')");
  },
);
