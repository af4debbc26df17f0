/** What the pages ask Temporal. A page waits for it only shortly: the rest is worth seeing without. */
import type { Client } from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { codeOf } from '../temporal/faults';
import type { PortalDeps } from './visit';

/** Milliseconds; Temporal answers within some ten. */
const ANSWER_MS = 3_000;

/** @throws SyncError TEMPORAL_UNAVAILABLE, also when the answer takes too long */
export async function askTemporal<T>(
  { temporal }: Pick<PortalDeps, 'temporal'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + ANSWER_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SyncError('TEMPORAL_UNAVAILABLE')), ANSWER_MS);
  });
  const answer = async () => {
    const client = await temporal();
    return client.withDeadline(deadline, () => work(client));
  };
  try {
    return await Promise.race([answer(), late]);
  } catch (error) {
    if (error instanceof SyncError || codeOf(error) === 'INTERNAL') throw error;
    throw new SyncError('TEMPORAL_UNAVAILABLE', {}, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** undefined: Temporal cannot be asked. */
export async function unlessAway<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'TEMPORAL_UNAVAILABLE') return undefined;
    throw error;
  }
}
