/**
 * Holds a program that is not ours (the Temporal server) so that it ends when our supervisor does:
 * `leash --port <n> --record <file> -- <program> <arguments>`. Ready when the port answers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from './entry';
import { endOrphan, recordProcess } from './orphan';

/** The Temporal server ends within 1.5 s of SIGTERM; the supervisor waits for longer than this. */
const GRACE_MS = 5_000;
/** A killed program is gone some moments before its port is free. */
const PORT_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string' }, record: { type: 'string' } },
    allowPositionals: true,
  });
  const { port, record } = values;
  const [program, ...args] = positionals;
  if (port === undefined || record === undefined || program === undefined) {
    throw new Error('usage: leash --port <n> --record <file> -- <program> <arguments>');
  }

  // One that outlived an earlier leash would still hold the port and the files.
  await endOrphan(record);
  await untilFree(Number(port));

  // Of its own session, so that Ctrl-C in the terminal stops it in our order and not at once.
  const held = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const ended = once(held, 'exit');
  await once(held, 'spawn');
  const { pid } = held;
  if (pid === undefined) throw new Error('the program has no process id');
  recordProcess(record, pid, positionals);

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void endHeld(held, ended);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  endWithParent();
  void ended.then(async () => {
    await endOrphan(record);
    process.exit(stopping ? 0 : 1);
  });

  while (!(await answers(Number(port)))) await sleep(POLL_MS);
  reportReady({ pid });
}

async function endHeld(held: ChildProcess, ended: Promise<unknown>): Promise<void> {
  held.kill('SIGTERM');
  await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]);
  held.kill('SIGKILL');
}

/** A stranger's answer on the port would pass for the readiness of our program. */
async function untilFree(port: number): Promise<void> {
  const deadline = Date.now() + PORT_TIMEOUT_MS;
  while (await answers(port)) {
    if (Date.now() > deadline) throw new Error(`port ${port} is in use`);
    await sleep(POLL_MS);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => finish(true));
    // Refused: it does not listen yet. The supervisor's time limit ends the wait.
    socket.once('error', () => finish(false));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`leash: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
