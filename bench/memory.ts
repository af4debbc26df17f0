/** The resident memory of a process. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Megabytes of a process that are in memory. */
export async function residentMegabytes(pid: number): Promise<number> {
  return (await residentKilobytes(pid)) / 1024;
}

async function residentKilobytes(pid: number): Promise<number> {
  const file = `/proc/${pid}/status`;
  // macOS has no /proc.
  const text = existsSync(file)
    ? /VmRSS:\s+(\d+) kB/.exec(await readFile(file, 'utf8'))?.[1]
    : (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim();
  const kilobytes = Number(text);
  if (!Number.isInteger(kilobytes)) throw new Error(`the memory of process ${pid} is not known`);
  return kilobytes;
}
