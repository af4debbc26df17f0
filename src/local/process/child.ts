/**
 * Supervises one Node program: starts it with an IPC channel, waits until it reports that it is
 * ready, starts it again when it dies, and stops it. A program that uses endWithParent (entry.ts)
 * ends by itself when this process is killed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SyncError, type ErrorDetails } from '../../domain/errors';

const READY = z.looseObject({ type: z.literal('ready') });
export type ReadyMessage = z.infer<typeof READY>;

export type ChildEvent =
  | { readonly type: 'down'; readonly reason: string }
  | { readonly type: 'up' }
  /** Died too often: it stays down. */
  | { readonly type: 'given-up'; readonly error: SyncError };

export interface ChildOptions {
  /** What people know it as, "database" for example. */
  readonly name: string;
  /** Compiled program, see entryPath. */
  readonly module: string;
  readonly args?: readonly string[];
  /** Its whole environment: nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /** Receives both of its output streams. */
  readonly logFile: string;
  readonly readyTimeoutMs: number;
  /** Runs in each start, as its last step. The signal ends when that start has ended. */
  readonly onReady?: (message: ReadyMessage, signal: AbortSignal) => Promise<void>;
  /** Runs whenever it has ended, before it may be started again. */
  readonly afterExit?: () => Promise<unknown>;
  readonly onEvent?: (event: ChildEvent) => void;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  readonly restarts?: Restarts;
  /** Ends it at once while it is being started, so that nobody waits for what is not wanted any more. */
  readonly startStop?: AbortSignal;
}

export interface Restarts {
  /** It is given up when it dies more often than this within the time below. */
  readonly times: number;
  readonly withinMs: number;
  /** Wait before the first new start; doubles with each death within the time above. */
  readonly backoffMs: number;
}

export interface Child {
  readonly name: string;
  readonly logFile: string;
  /** undefined while it is down. */
  pid(): number | undefined;
  /** SIGTERM, then SIGKILL. Returns when it has ended. */
  stop(): Promise<void>;
}

const RESTARTS: Restarts = { times: 5, withinMs: 60_000, backoffMs: 200 };
const LONGEST_BACKOFF_MS = 5_000;
const GRACE_MS = 8_000;
const LOG_LIMIT_BYTES = 10_000_000;
const LOG_TAIL_BYTES = 2_000;

/** @throws SyncError PART_FAILED with the end of its log when it does not become ready the first time */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, logFile, afterExit, onEvent } = options;
  const { times, withinMs, backoffMs } = options.restarts ?? RESTARTS;
  const deaths: number[] = [];
  const abort = new AbortController();
  const stopping = () => abort.signal.aborted;

  const { startStop = abort.signal } = options;
  let current = await startOnce(options, AbortSignal.any([abort.signal, startStop]));
  const supervision = supervise().catch((cause: unknown) => {
    giveUp({ reason: 'cannot be supervised any more' }, cause);
  });

  function giveUp(why: ErrorDetails, cause?: unknown): void {
    onEvent?.({ type: 'given-up', error: failureOf(options, why, cause) });
  }

  async function supervise(): Promise<void> {
    for (;;) {
      const reason = await current.ended;
      await afterExit?.();
      if (stopping()) return;
      onEvent?.({ type: 'down', reason });
      if (!(await restart(reason))) return;
      onEvent?.({ type: 'up' });
    }
  }

  /** False when it was given up or told to stop. */
  async function restart(firstReason: string): Promise<boolean> {
    let reason = firstReason;
    for (;;) {
      const now = Date.now();
      deaths.push(now);
      const recent = deaths.filter((time) => time > now - withinMs).length;
      if (recent > times) {
        giveUp({ reason: `died ${recent} times within ${withinMs / 1000} s`, last: reason });
        return false;
      }
      await pause(Math.min(backoffMs * 2 ** (recent - 1), LONGEST_BACKOFF_MS), abort.signal);
      if (stopping()) return false;
      try {
        current = await startOnce(options, abort.signal);
        return true;
      } catch (error) {
        if (!isPartFailure(error)) throw error;
        if (stopping()) return false;
        reason = reasonOf(error.details);
      }
    }
  }

  return {
    name,
    logFile,
    pid: () => (isAlive(current.process) ? current.process.pid : undefined),
    async stop() {
      abort.abort();
      await end(current.process, options.graceMs ?? GRACE_MS);
      await supervision;
    },
  };
}

/** That a part did not start, or was given up; `exit_code` where it ended by itself before it was ready. */
export function isPartFailure(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === 'PART_FAILED';
}

function failureOf({ name, logFile }: ChildOptions, why: ErrorDetails, cause?: unknown): SyncError {
  const tail = tailOf(logFile).trimEnd();
  const excerpt = tail === '' ? {} : { excerpt: tail };
  return new SyncError('PART_FAILED', { part: name, ...why }, { ...excerpt, cause });
}

function reasonOf({ reason, exit_code: code }: ErrorDetails): string {
  return code === undefined ? String(reason) : `${reason} (exit code ${code})`;
}

interface Running {
  readonly process: ChildProcess;
  /** Says why. */
  readonly ended: Promise<string>;
}

async function startOnce(options: ChildOptions, stopping: AbortSignal): Promise<Running> {
  const { readyTimeoutMs } = options;
  const program = forkProgram(options);
  const ended = endOf(program);
  const failed = async (reason: string) => {
    const { exitCode } = program;
    await end(program, 0);
    await options.afterExit?.();
    return failureOf(options, { reason, ...(exitCode !== null && { exit_code: exitCode }) });
  };

  const start = new AbortController();
  const outcome = await Promise.race([
    untilReady(program).then(async (message) => {
      await options.onReady?.(message, start.signal);
      return undefined;
    }),
    ended.then((reason) =>
      program.exitCode === null
        ? `ended before it was ready (${reason})`
        : 'ended before it was ready',
    ),
    pause(readyTimeoutMs, start.signal).then(() => `was not ready within ${readyTimeoutMs} ms`),
    aborted(stopping).then(() => 'was stopped'),
  ]).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  start.abort();
  if (outcome !== undefined) throw await failed(outcome);
  return { process: program, ended };
}

function forkProgram({ module, args, env, logFile }: ChildOptions): ChildProcess {
  const log = openLog(logFile);
  try {
    return fork(module, [...(args ?? [])], {
      env,
      // Debugger flags of ours would make it wait, or take the same port.
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      // Of its own session: Ctrl-C in a terminal reaches us only, and we stop the parts in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

function openLog(logFile: string): number {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}

/** Empty where it cannot be read: why a part has failed must be said all the same. */
function tailOf(logFile: string): string {
  try {
    return readFileSync(logFile).subarray(-LOG_TAIL_BYTES).toString('utf8');
  } catch {
    return '';
  }
}

function untilReady(program: ChildProcess): Promise<ReadyMessage> {
  return new Promise((resolve) => {
    program.on('message', (message) => {
      const ready = READY.safeParse(message);
      if (ready.success) resolve(ready.data);
    });
  });
}

function endOf(program: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    program.once('error', (error) => resolve(error.message));
    program.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
  });
}

function isAlive(program: ChildProcess): boolean {
  return program.pid !== undefined && program.exitCode === null && program.signalCode === null;
}

async function end(program: ChildProcess, graceMs: number): Promise<void> {
  if (!isAlive(program)) return;
  const exit = once(program, 'exit');
  if (graceMs > 0) {
    program.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([exit, pause(graceMs, timer.signal)]);
    timer.abort();
  }
  if (isAlive(program)) program.kill('SIGKILL');
  await exit;
}

/** A wait that an abort ends early, without an error. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
