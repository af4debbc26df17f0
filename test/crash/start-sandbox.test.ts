/** A sandbox survives: taken ports, another scenario, Ctrl-C while it starts; and it can be begun anew. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { PlannedPayment } from '../../src/domain/plan';
import type { Report } from '../../src/domain/report';
import { readRunning } from '../../src/local/state/state-folder';
import { pauseForCode } from '../../src/temporal/schedules';
import { temporalCli } from '../support/processes/cli';
import { DIST, scratchFolder, until, type Scratch } from '../support/processes/local-support';

interface Planned {
  readonly recordsToPost: number;
  readonly recordsToSetAside: number;
  readonly payments: readonly PlannedPayment[];
}

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
  const interrupted = await start('--scenario', 'month', '--once');
  const database = join(scratch.path, '.data', 'sandbox', 'database');
  await until(() => existsSync(database));
  interrupted.interrupt();
  const { code, output } = await interrupted.ended;
  expect(code).toBe(0);
  expect(output).not.toContain('ready database');
  expect(output).toContain('Stopping; the next start goes on from here.');
  expect(existsSync(database)).toBe(false);
  const next = await runOnce('--scenario', 'month');
  expect(next.code).toBe(0);
  // Thirty days in which everything happens that moves a balance, and the ledger holds what Stripe holds.
  expect(next.output.match(/^ *Stripe (\S+ \w{3}) = ledger \1: proven$/gm)).toHaveLength(3);
  expect(readFileSync(join(scratch.path, '.data', 'sandbox', 'ports.json'), 'utf8')).toContain(
    'blnk-stand-in',
  );
});

test('a pause of the program that the first sync ends is told as over', async () => {
  const first = await start('--scenario', 'empty');
  await first.said('Ctrl-C stops');
  const running = await readRunning(join(scratch.path, '.data', 'sandbox'));
  const connection = await Connection.connect({ address: running?.temporalAddress ?? '' });
  await pauseForCode(new Client({ connection }), 'sandbox', 'BLNK_KEY_REJECTED');
  await connection.close();
  first.interrupt();
  await first.ended;

  const second = await runOnce();
  expect(second.code).toBe(0);
  expect(second.output).toContain('The schedule goes on; it was paused for BLNK_KEY_REJECTED.');
  expect((await runOnce()).output).not.toContain('The schedule goes on');
});

test('--plan says which pay-ins the first sync would post, posts nothing, and names each payment as JSON', async () => {
  const planned = await start('--scenario', 'problems', '--plan', '--json');
  const { code, output } = await planned.ended;
  expect(code).toBe(0);
  const line = output.split('\n').find((text) => text.startsWith('{')) ?? '';
  const plan = JSON.parse(line) as Planned;
  expect(output).toContain('With MOVEMENTS=off it begins without movements');
  expect(output).toContain('Nothing was posted. npm start posts it.');
  expect(output).not.toContain('ready worker');
  const ofOutcome = (wanted: string) =>
    plan.payments.filter(({ outcome }) => outcome === wanted).map((one) => one.paymentIntentId);
  expect(plan.recordsToPost).toBeGreaterThan(0);
  expect(ofOutcome('to_post')).toHaveLength(plan.recordsToPost);
  expect(new Set(ofOutcome('to_post')).size).toBe(plan.recordsToPost);
  expect(ofOutcome('to_set_aside')).toHaveLength(plan.recordsToSetAside);

  // Nothing of it had been written: the sync finds and posts what was planned.
  const synced = await runOnce('--json');
  const report = JSON.parse(
    synced.output.split('\n').find((text) => text.startsWith('{')) ?? '',
  ) as Report;
  expect(report.recordsPosted).toBe(plan.recordsToPost);
  expect(report.recordsQuarantined).toBe(plan.recordsToSetAside);
  expect(report.recordsAlreadyPosted).toBe(0);
  expect(report.movements?.posted).toBeGreaterThan(0);
  const proofs = Object.values(report.proof ?? {});
  expect(proofs.length).toBeGreaterThan(0);
  for (const { state, unexplained, items } of proofs) {
    // What is explained is so by what is set aside.
    const expected = items.length === 0 ? 'proven' : 'explained';
    expect({ state, unexplained }).toEqual({ state: expected, unexplained: '0' });
    expect(items.map(({ kind }) => kind)).toEqual(items.map(() => 'set_aside'));
  }
});
