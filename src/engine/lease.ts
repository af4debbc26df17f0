/** One sync per instance: the open row is the lease, and only Temporal knows whether its owner lives. */
import { SyncError, type ErrorCode } from '../domain/errors';
import type { Db, Queries } from '../store/db';
import { settlePages, sumPages } from '../store/pages';
import {
  closeSync,
  findOpenSync,
  findSync,
  lockOpen,
  openSync,
  recordSkipped,
  type NewSync,
  type SyncRow,
} from '../store/syncs';
import { voidOwnWindows } from '../store/windows';
import type { EngineDeps } from './deps';

/** Opens the sync, finds it open already (a repeat), or returns the one that holds the instance. */
export async function takeLease(deps: EngineDeps, sync: NewSync): Promise<SyncRow | undefined> {
  if (await openSync(deps.db, sync)) return undefined;
  const mine = await findSync(deps.db, sync.syncId);
  if (mine?.status === 'running') return undefined;
  if (mine?.status === 'skipped') {
    // A repeat: the holder is named in our own row.
    const holder = await findSync(deps.db, String(mine.errorDetails?.['sync'] ?? ''));
    if (holder) return holder;
  }
  if (mine) throw new SyncError('SYNC_NOT_OPEN', { sync: sync.syncId });
  const holder = await findOpenSync(deps.db, sync.instanceId);
  // It closed between the two statements.
  if (!holder) return takeLease(deps, sync);
  // Another attempt of this very activity has opened it: one that Temporal took for dead, or its repeat.
  if (holder.syncId === sync.syncId) return undefined;
  if (await deps.isOwnerOpen(holder)) {
    await recordSkipped(deps.db, sync, holder.syncId);
    return holder;
  }
  deps.log.warn({ syncId: holder.syncId, by: sync.syncId }, 'lease.taken_over');
  await takeOver(deps.db, holder, sync);
  return undefined;
}

/** Both in one transaction: there is never a moment without an open row that a third could use. */
async function takeOver(db: Db, holder: SyncRow, sync: NewSync): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await closeForOwner(tx, holder, 'failed', 'OWNER_GONE')))
      throw new SyncError('STORE_UNAVAILABLE', { step: 'lease' });
    if (!(await openSync(tx, sync))) throw new SyncError('STORE_UNAVAILABLE', { step: 'lease' });
  });
}

/**
 * Closes the row of a sync whose owner has ended without doing so.
 * @param code why, unless a person wanted it
 * @returns false when it was closed already
 */
export async function closeForOwner(
  tx: Queries,
  holder: SyncRow,
  status: 'failed' | 'cancelled',
  code?: ErrorCode,
): Promise<boolean> {
  if (!(await lockOpen(tx, holder.syncId))) return false;
  await settlePages(tx, holder.syncId);
  await voidOwnWindows(tx, holder.syncId);
  const error = code && { code, details: { workflow: holder.workflowId } };
  await closeSync(tx, holder.syncId, status, await sumPages(tx, holder.syncId), error);
  return true;
}
