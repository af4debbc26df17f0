/** What the tests of the local parts share: temporary folders and programs run as real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const DIST = join(__dirname, '..', '..', '..', 'dist');

export interface Scratch {
  readonly path: string;
  file(name: string): string;
  /** Writes a Node program that may require compiled files, as `dist('local/process/child')`. */
  program(name: string, source: string): string;
  remove(): void;
}

export function scratchFolder(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'local-'));
  const file = (name: string) => join(path, name);
  return {
    path,
    file,
    program(name, source) {
      const head = `const dist = (name) => require(${JSON.stringify(DIST)} + '/' + name + '.js');\n`;
      writeFileSync(file(name), head + source);
      return file(name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Runs a program until its first line of output, which is JSON. */
export async function runUntilFirstLine(
  program: string,
  ...args: string[]
): Promise<{ readonly process: ChildProcess; readonly said: Record<string, string | number> }> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, said: JSON.parse(line) as Record<string, string | number> };
}

export async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** True also for a killed process whose parent has not looked at its end yet, so poll for false. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Polls until it holds; a test that waits in vain ends by its own time limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
