/** A compiled program as users run it: its own process, which a test may kill and start again. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Signal = 'SIGKILL' | 'SIGTERM';

/** What a test may kill. */
export interface Part {
  /** Returns once it is gone. */
  kill(signal: Signal): Promise<void>;
  /** Returns once it works again, as before. */
  start(): Promise<void>;
}

export interface Program extends Part {
  /** What it said when it was ready. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Resolves when it has ended, by whatever means, to its exit code (null after a SIGKILL). */
  ended(): Promise<number | null>;
}

export interface ProgramOptions {
  /** Under dist, without its ending. */
  readonly module: string;
  /** Default: that of this version. */
  readonly dist?: string;
  readonly args?: readonly string[];
  /** Its whole environment, besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startProgram(options: ProgramOptions): Promise<Program> {
  let running = await run(options);
  return {
    get said() {
      return running.said;
    },
    ended: () => running.ended,
    async kill(signal) {
      running.child.kill(signal);
      await running.ended;
    },
    async start() {
      running = await run(options);
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly said: Readonly<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
}

export const DIST = join(__dirname, '../../../dist');

async function run({ module, dist = DIST, args = [], env = {} }: ProgramOptions): Promise<Running> {
  const child = fork(join(dist, `${module}.js`), [...args], {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const [said] = (await Promise.race([
    once(child, 'message'),
    ended.then((code) => {
      throw new Error(`${module} ended before it was ready, exit code ${String(code)}`);
    }),
  ])) as [Record<string, unknown>];
  if (said['type'] !== 'ready') throw new Error(`${module} did not report that it is ready`);
  return { child, said, ended };
}
