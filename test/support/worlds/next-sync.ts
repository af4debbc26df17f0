/** What an instance's next sync has come to, however it was asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listSyncs, type SyncRow } from '../../../src/store/syncs';
import { findAdhocSync } from '../../../src/temporal/syncs';
import type { CloudWorld } from './cloud-world';

/**
 * The newest sync, once it has ended and is not the one called `after`. Its row is closed a moment before
 * its workflow, which whoever asks for another sync in that moment would be referred to.
 */
export async function nextSync(
  { db, client }: Pick<CloudWorld, 'db' | 'client'>,
  instanceId: string,
  after?: string,
): Promise<SyncRow> {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const [row] = await listSyncs(db, instanceId, 1);
    const open = await findAdhocSync(client, instanceId);
    if (row && row.status !== 'running' && row.syncId !== after && !open) return row;
    await sleep(50);
  }
  throw new Error('no sync has ended');
}
