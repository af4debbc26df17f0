/** A sandbox survives: taken ports, another scenario, Ctrl-C while it starts; and it can be begun anew. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { temporalCli } from '../support/cli';
import { DIST, scratchFolder, until, type Scratch } from '../support/local-support';

let scratch: Scratch;
beforeEach(() => void (scratch = scratchFolder()));
afterEach(() => scratch.remove());

/** As people run it, without anything of this process's environment but where programs are. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [join(DIST, 'start.js'), ...args], {
    cwd: scratch.path,
    env: { PATH: process.env['PATH'], TEMPORAL_CLI_PATH: await temporalCli() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output += String(chunk)));
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return {
    ended,
    interrupt: () => void child.kill('SIGINT'),
    said: (text: string) => until(() => output.includes(text) || child.exitCode !== null),
  };
}

const runOnce = async (...args: string[]) => (await start('--once', ...args)).ended;

function ledgerUrl(output: string): URL {
  return new URL(/Blnk stand-in .* (http:\S+)/.exec(output)?.[1] ?? '');
}

test('a ledger whose port is taken is the same one on another port, and keeps that', async () => {
  const first = await runOnce('--scenario', 'problems');
  expect(first.output).toContain('Sync completed');
  const { port } = ledgerUrl(first.output);

  const other = createServer().listen(Number(port), '127.0.0.1');
  await once(other, 'listening');
  // Without its name: it keeps to the payments that it began with.
  const second = await runOnce();
  other.close();
  expect(second.output).not.toContain('SOURCE_CHANGED');
  expect(second).toMatchObject({
    code: 0,
    output: expect.stringContaining('0 pay-ins found') as string,
  });
  expect(ledgerUrl(second.output).port).not.toBe(port);

  const third = await runOnce();
  expect(third.code).toBe(0);
  expect(ledgerUrl(third.output).port).toBe(ledgerUrl(second.output).port);

  const refused = await runOnce('--scenario', 'empty');
  expect(refused.code).toBe(2);
  expect(refused.output).toMatch(/USAGE: .*empty is not what this sandbox began with \(problems\)/);

  const anew = await runOnce('--scenario', 'empty', '--reset');
  expect(anew).toMatchObject({
    code: 0,
    output: expect.stringContaining('0 pay-ins found') as string,
  });
});

test('Ctrl-C while the parts start ends them at once, and the next start finds nothing broken', async () => {
  const interrupted = await start('--scenario', 'empty', '--once');
  const database = join(scratch.path, '.data', 'sandbox', 'database');
  await until(() => existsSync(database));
  interrupted.interrupt();
  const { code, output } = await interrupted.ended;
  expect(code).toBe(0);
  expect(output).not.toContain('ready database');
  expect(output).toContain('Stopping; the next start goes on from here.');
  expect(existsSync(database)).toBe(false);
  expect((await runOnce('--scenario', 'empty')).code).toBe(0);
  expect(readFileSync(join(scratch.path, '.data', 'sandbox', 'ports.json'), 'utf8')).toContain(
    'blnk-stand-in',
  );
});
