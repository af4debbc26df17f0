/** Movements that are gone from the ledger, staged again by a command while no sync runs. */
import { movementOf, UNPLACED } from '../domain/ids';
import type { Db } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';
import { assertNoSync } from './purge';

/**
 * The next sync's backlog takes them, looks each up and posts it. What a sync finds gone it stages itself
 * (`stageAgain` of src/store/proof.ts).
 * @returns their ids
 * @throws SyncError SYNC_ALREADY_RUNNING
 */
export async function stageGone(
  db: Db,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  references: readonly string[],
): Promise<string[]> {
  return db.transaction(async (tx) => {
    // No sync opens meanwhile.
    await tx.query('select 1 from instances where instance_id = $1 for update', [instanceId]);
    await assertNoSync(tx, instanceId);
    const rows = await tx.query<{ id: string }>(
      `update movements set state = 'staged', page_id = $4, sync_id = $4, updated_at = now()
       where instance_id = $1 and source_id = $2 and movement_id = any($3) and state in ${IN_LEDGER_STATES}
       returning movement_id as id`,
      [instanceId, sourceId, references.map(movementOf), UNPLACED],
    );
    return rows.map(({ id }) => id).sort();
  });
}
