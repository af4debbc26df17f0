/** The command line as people run it: the compiled program, as a process in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DIST } from './local-support';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly ended: Promise<Ended>;
  /** Resolves once standard error holds this. */
  said(pattern: RegExp): Promise<void>;
  /** Resolves once standard output holds this. */
  printed(pattern: RegExp): Promise<void>;
  interrupt(): void;
}

export type Settings = Readonly<Record<string, string>>;

/**
 * Nothing of this process's environment gets in, except where programs are.
 * @param input what comes on standard input, which then ends
 */
export function startCli(
  folder: string,
  args: readonly string[],
  settings: Settings,
  input = '',
): CliProcess {
  const child = spawn(process.execPath, [join(DIST, 'client.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // It may end without having read it.
  child.stdin.on('error', () => undefined).end(input);
  const text = { stdout: '', stderr: '' };
  let onText: () => void = () => undefined;
  const holds = (name: keyof typeof text, pattern: RegExp) =>
    new Promise<void>((resolve) => {
      onText = () => {
        if (pattern.test(text[name])) resolve();
      };
      onText();
    });
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
      onText();
    });
  }
  return {
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...text })),
    said: (pattern) => holds('stderr', pattern),
    printed: (pattern) => holds('stdout', pattern),
    interrupt: () => void child.kill('SIGINT'),
  };
}
