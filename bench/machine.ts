/** What a figure depends on besides the code: the machine, and how busy it was. */
import { cpus, loadavg, totalmem } from 'node:os';

/** `2026-11-23, 2 cores (…), 24 GB, Node v20.20.2` */
export function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? 'unknown';
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cores.length} cores (${model}), ${memory} GB, Node ${process.version}`;
}

/** Processes that ran or waited to run, on average over the last minute. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
