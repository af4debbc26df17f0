import { readFileSync, statSync } from 'node:fs';
import { explainError } from '../../src/exit';
import { startChild, type ChildEvent, type ChildOptions } from '../../src/local/process/child';
import { entryPath } from '../../src/local/process/entry';
import { freePort } from '../../src/local/process/ports';
import {
  isRunning,
  kill,
  runUntilFirstLine,
  scratchFolder,
  until,
  type Scratch,
} from '../support/processes/local-support';

/** Counts its starts in a file, then behaves as its argument says. */
const PART = `
const fs = require('node:fs');
const { endWithParent, reportReady } = dist('local/process/entry');
const [starts, mode] = process.argv.slice(2);
fs.appendFileSync(starts, process.pid + '\\n');
endWithParent();
if (mode === 'silent') setInterval(() => {}, 1000);
else if (mode === 'broken') { console.error('no such table'); process.exit(3); }
else {
  if (mode === 'stubborn') process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
  reportReady();
  if (mode === 'dying') setTimeout(() => process.exit(4), 30);
}`;

/** Supervises a part, says both process ids, and lives on. */
const PARENT = `
const [part, starts, log] = process.argv.slice(2);
void dist('local/process/child').startChild({
  name: 'part', module: part, args: [starts, 'steady'], env: {}, logFile: log, readyTimeoutMs: 60_000,
}).then((child) => console.log(JSON.stringify({ part: child.pid() })));`;

const LISTENER = `
const server = require('node:net').createServer();
server.listen(Number(process.argv[2]), '127.0.0.1');`;

let scratch: Scratch;
let events: ChildEvent[];

beforeEach(() => {
  scratch = scratchFolder();
  events = [];
});
afterEach(() => scratch.remove());

function start(mode: string, options: Partial<ChildOptions> = {}) {
  return startChild({
    name: 'part',
    module: scratch.program('part.js', PART),
    args: [scratch.file('starts'), mode],
    env: {},
    logFile: scratch.file('part.log'),
    readyTimeoutMs: 60_000,
    restarts: { times: 2, withinMs: 60_000, backoffMs: 10 },
    onEvent: (event) => events.push(event),
    ...options,
  });
}

const starts = () => readFileSync(scratch.file('starts'), 'utf8').trim().split('\n').map(Number);
const types = () => events.map(({ type }) => type);

test('a part that dies is started again', async () => {
  const child = await start('steady');
  const first = child.pid()!;
  process.kill(first, 'SIGKILL');
  await until(() => types().includes('up'));
  expect(starts()).toEqual([first, child.pid()]);
  expect(events[0]).toEqual({ type: 'down', reason: 'SIGKILL' });
  await child.stop();
  expect(types()).toEqual(['down', 'up']);
  expect(child.pid()).toBeUndefined();
});

test('a part that dies again and again is given up', async () => {
  const child = await start('dying');
  await until(() => types().includes('given-up'));
  expect(starts()).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({
    error: {
      code: 'PART_FAILED',
      details: { part: 'part', reason: 'died 3 times within 60 s', last: 'exit code 4' },
    },
  });
  await child.stop();
});

test('a part that dies before it is ready fails the start with the end of its log', async () => {
  const error = await start('broken').catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'PART_FAILED',
    details: { part: 'part', reason: 'ended before it was ready', exit_code: 3 },
    message: expect.not.stringContaining('no such table') as string,
  });
  expect(explainError(error)).toMatch(/^PART_FAILED: (.|\n)*no such table/);
  expect(statSync(scratch.file('part.log')).mode & 0o777).toBe(0o600);
  expect(starts()).toHaveLength(1);
});

test('a part that never reports is ended when its time is over', async () => {
  await expect(start('silent', { readyTimeoutMs: 300 })).rejects.toThrow('not ready within 300 ms');
  expect(isRunning(starts()[0]!)).toBe(false);
});

test('a part that ignores SIGTERM is killed after the grace time', async () => {
  const child = await start('stubborn', { graceMs: 100 });
  await child.stop();
  expect(isRunning(starts()[0]!)).toBe(false);
  expect(events).toEqual([]);
});

test('the environment of the supervisor does not reach a part', async () => {
  process.env['LOCAL_TEST_SECRET'] = 'hidden';
  const file = scratch.file('environment');
  const module = scratch.program(
    'printer.js',
    `require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env));
     dist('local/process/entry').reportReady();`,
  );
  const child = await start('', { module, env: { GIVEN: 'yes' } });
  await child.stop();
  const seen = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  expect(seen['GIVEN']).toBe('yes');
  expect(seen).not.toHaveProperty('LOCAL_TEST_SECRET');
});

test('a part ends by itself when its supervisor is killed', async () => {
  const part = scratch.program('part.js', PART);
  const parent = scratch.program('parent.js', PARENT);
  const logs = [scratch.file('starts'), scratch.file('part.log')];
  const { process: supervisor, said } = await runUntilFirstLine(parent, part, ...logs);
  expect(isRunning(Number(said['part']))).toBe(true);
  await kill(supervisor);
  await until(() => !isRunning(Number(said['part'])));
});

test('a program that outlived its killed leash is ended, and started again on the same port', async () => {
  const port = await freePort(0);
  const record = scratch.file('record.json');
  const listener = scratch.program('listener.js', LISTENER);
  const held = () => (JSON.parse(readFileSync(record, 'utf8')) as { pid: number }).pid;
  const child = await start('', {
    module: entryPath('local/process/leash'),
    args: ['--port', `${port}`, '--record', record, '--', process.execPath, listener, `${port}`],
  });
  const first = held();
  process.kill(child.pid()!, 'SIGKILL');
  await until(() => types().includes('up') && !isRunning(first));
  expect(isRunning(held())).toBe(true);
  const second = held();
  expect(second).not.toBe(first);
  await child.stop();
  await until(() => !isRunning(second));
});
