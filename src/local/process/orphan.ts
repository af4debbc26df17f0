/**
 * Ends a program that outlived its supervisor. Its id is kept in a file with its command line, for
 * an id alone may belong to another program by now.
 */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readJson, writePrivateJson } from './files';
import { hasCode } from './unix-socket';

const RECORD = z.object({ pid: z.number().int().positive(), command: z.array(z.string()).min(1) });

const run = promisify(execFile);

export function recordProcess(file: string, pid: number, command: readonly string[]): void {
  writePrivateJson(file, { pid, command });
}

/** Kills the recorded program if it still runs, and removes the record. True if it had to. */
export async function endOrphan(file: string): Promise<boolean> {
  const record = readJson(file, RECORD);
  if (record === undefined) return false;
  const runs = async () => (await commandOf(record.pid)) === record.command.join(' ');
  const orphaned = await runs();
  if (orphaned) kill(record.pid);
  while (await runs()) await sleep(10);
  await rm(file, { force: true });
  return orphaned;
}

/** Command line of a process; '' or undefined when there is none, or it has ended already. */
async function commandOf(pid: number): Promise<string | undefined> {
  try {
    // Slim Linux images come without ps, and macOS has no /proc.
    if (process.platform === 'linux') {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return line.split('\0').join(' ').trimEnd();
    }
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return stdout.trim();
  } catch (error) {
    // ESRCH: it ended while being read. ps exits with 1 when it finds none.
    if (['ENOENT', 'ESRCH', 1].some((code) => hasCode(error, code))) return undefined;
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
