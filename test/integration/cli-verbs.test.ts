/** A verb is loaded when it is called: what the help says of the others stands in a table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERBS } from '../../src/commands/program';
import { runNode } from '../support/checkout';
import { DIST, scratchFolder } from '../support/local-support';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const CLIENT = join(DIST, 'client.js');

test.each(VERBS)('the help describes $name as its own file does', async ({ name, description }) => {
  const { code, stdout } = await runNode(scratch.path, [CLIENT, name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: npm run cli -- ${name} `);
  expect(stdout).toContain(`\n\n${description}\n\n`);
});

test.each([[['--help']], [['nonsense']], [['--version']], [[]]])(
  'called with %j, nothing is loaded that takes its time',
  async (args) => {
    const spy = scratch.file('spy.js');
    writeFileSync(
      spy,
      `process.on('exit', () => require('node:fs').writeFileSync('loaded', Object.keys(require.cache).join('\\n')));`,
    );
    await runNode(scratch.path, ['--require', spy, CLIENT, ...args]);
    const { stdout: loaded } = await runNode(scratch.path, [
      '--print',
      `require('node:fs').readFileSync('loaded', 'utf8')`,
    ]);
    expect(loaded).toContain('commander');
    expect(loaded).not.toMatch(/node_modules\/(@temporalio|@grpc|axios|pg|stripe)\//);
  },
);
