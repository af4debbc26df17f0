/** Another run of a driven world, and the proof that it has made. */
import { itemsIn } from '../../../src/domain/proof/proof';
import type { Db } from '../../../src/store/db';
import { latestProof } from '../../../src/store/proofs';
import type { DrivenWorld } from './driver-world';

/** A run that must complete, with what its proof says and names. */
export async function provenRun(db: Db, { driver, instanceId }: DrivenWorld) {
  const { syncId, row } = await driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = await latestProof(db, instanceId);
  expect(stored?.syncId).toBe(syncId);
  const { proof, walk } = stored!;
  return { syncId, state: proof.state, walk, items: itemsIn(proof) };
}

/** How many windows of Stripe's rows a run has read. */
export async function windowsOfRows(db: Db, syncId: string): Promise<number> {
  const [read] = await db.query<{ count: number }>(
    `select count(*) as count from sync_windows where sync_id = $1 and feed = 'balance_transactions'`,
    [syncId],
  );
  return read?.count ?? 0;
}
