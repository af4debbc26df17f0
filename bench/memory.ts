/** The resident memory of a process over time. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface MemorySample {
  readonly atMs: number;
  /** MB. */
  readonly value: number;
}

/** Samples until the returned function is called, which gives them all. */
export function watchMemory(pid: number, everyMs: number): () => Promise<MemorySample[]> {
  const samples: MemorySample[] = [];
  let sampling = Promise.resolve();
  const sample = async () => {
    samples.push({ atMs: Date.now(), value: (await residentKilobytes(pid)) / 1024 });
  };
  const timer = setInterval(() => {
    sampling = sampling.then(sample);
    // Its failure is told at the end.
    sampling.catch(() => undefined);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await sampling;
    return samples;
  };
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
