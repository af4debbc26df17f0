/** Reads of a command: a sync leaves repeats to Temporal, a person's long reading must outlast a hiccup by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../../domain/errors';

const WAITS_MS = [500, 1000, 2000, 4000, 8000];

export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SyncError && error.retryable)) throw error;
      await sleep(Math.max(waitMs, error.retryAfterMs ?? 0));
    }
  }
  return work();
}
