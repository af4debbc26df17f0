/** Waiting at the start of a program for what starts beside it, as in a set of containers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from './domain/errors';

export interface Patience {
  /** Milliseconds after which the last failure is thrown. */
  readonly totalMs: number;
  readonly stepMs: number;
}

/** Less than the supervisor of `npm start` waits for a program to be ready. */
const START_PATIENCE: Patience = { totalMs: 30_000, stepMs: 1_000 };

/**
 * Repeats `work` while what it needs is not up yet.
 * @param waiting told of the first failure that is waited out
 */
export async function onceUp<T>(
  work: () => Promise<T>,
  waiting: (error: SyncError) => void,
  { totalMs, stepMs }: Patience = START_PATIENCE,
): Promise<T> {
  const deadline = performance.now() + totalMs;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || performance.now() + stepMs > deadline) throw error;
      if (!told) waiting(error);
    }
    await sleep(stepMs);
  }
}

/** A server that is still starting refuses connections, has no name yet, or lacks its namespace. */
const PASSING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03']);

function isPassing(error: unknown): error is SyncError {
  if (!(error instanceof SyncError)) return false;
  const passing = PASSING.has(String(error.details['cause']));
  return passing && ['STORE_UNAVAILABLE', 'TEMPORAL_UNAVAILABLE'].includes(error.code);
}
