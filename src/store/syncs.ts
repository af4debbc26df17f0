/** The rows of `stripe_syncs`. The open one is the lease of its instance. */
import type { ErrorCode, ErrorDetails } from '../domain/errors';
import { SyncError } from '../domain/errors';
import { IN_LEDGER } from '../domain/outcomes';
import type { Scope, SyncStatus, Trigger } from '../domain/sync';
import type { Tally } from '../domain/tally';
import type { Db, Queries } from './db';
import { legsOfPages } from './leg-counts';
import { countIn, countsBy, setCounts } from './outcome-columns';

/** Who owns a sync: the chain of runs that continue-as-new makes of one workflow. */
export interface Owner {
  readonly workflowId: string;
  readonly firstRunId: string;
}

export interface NewSync extends Owner {
  readonly syncId: string;
  readonly instanceId: string;
  readonly trigger: Trigger;
  readonly scope: Scope;
}

/** What it adds up to is written when it is closed. */
export interface SyncRow extends NewSync, Tally {
  readonly status: SyncStatus;
  readonly startedAt: Date;
  readonly completedAt: Date | null;
  readonly error: ErrorCode | null;
  readonly errorDetails: ErrorDetails | null;
  readonly notes: readonly string[];
}

/** As `SyncRow` has them. */
export const SYNC_COLUMNS = `sync_id as "syncId", instance_id as "instanceId", status, trigger, scope,
  workflow_id as "workflowId", first_run_id as "firstRunId", started_at as "startedAt",
  completed_at as "completedAt", ${countsBy((column) => `records_${column}`)} as counts,
  newly_quarantined as "newlyQuarantined", amounts, reasons, error,
  error_details as "errorDetails", notes`;

/** Opens the row unless the instance has an open one (then false), or this sync has a row already. */
export async function openSync(db: Queries, sync: NewSync): Promise<boolean> {
  const rows = await db.query(
    `insert into stripe_syncs
       (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id)
     values ($1, $2, 'running', $3, $4, $5, $6)
     on conflict do nothing returning sync_id`,
    newSyncParameters(sync),
  );
  return rows.length > 0;
}

/** The trace of a run that found the instance taken. */
export async function recordSkipped(db: Queries, sync: NewSync, openSyncId: string): Promise<void> {
  await db.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id,
       first_run_id, completed_at, error, error_details, unproven)
     values ($1, $2, 'skipped', $3, $4, $5, $6, now(), 'SYNC_ALREADY_RUNNING', $7, false)
     on conflict do nothing`,
    [...newSyncParameters(sync), { sync: openSyncId }],
  );
}

export async function findOpenSync(db: Queries, instanceId: string): Promise<SyncRow | undefined> {
  const [row] = await db.query<SyncRow>(
    `select ${SYNC_COLUMNS} from stripe_syncs where instance_id = $1 and status = 'running'`,
    [instanceId],
  );
  return row;
}

export async function findSync(db: Queries, syncId: string): Promise<SyncRow | undefined> {
  const [row] = await db.query<SyncRow>(
    `select ${SYNC_COLUMNS} from stripe_syncs where sync_id = $1`,
    [syncId],
  );
  return row;
}

/** The newest that has ended; a skipped run says nothing about what is synced. */
export async function findLastEnded(db: Queries, instanceId: string): Promise<SyncRow | undefined> {
  const [row] = await db.query<SyncRow>(
    `select ${SYNC_COLUMNS} from stripe_syncs
     where instance_id = $1 and status <> 'skipped' and status <> 'running'
     order by started_at desc limit 1`,
    [instanceId],
  );
  return row;
}

/** Without those that found nothing and ended well, as most of a schedule do. */
export const NOTABLE = `and (status <> 'completed' or records_found > 0 or legs <> '{}')`;

/**
 * Newest first.
 * @param notable without those that found nothing and ended well, as most of a schedule do. Default false.
 */
export async function listSyncs(
  db: Db,
  instanceId: string,
  limit: number,
  notable = false,
): Promise<SyncRow[]> {
  return db.query<SyncRow>(
    `select ${SYNC_COLUMNS} from stripe_syncs where instance_id = $1
       ${notable ? NOTABLE : ''}
     order by started_at desc limit $2`,
    [instanceId, limit],
  );
}

/**
 * The fence of every write: whoever lost the lease writes nothing more. The row stays locked against
 * a take-over until the transaction ends.
 * @throws SyncError SYNC_NOT_OPEN
 */
export async function assertOpen(tx: Queries, syncId: string): Promise<void> {
  const rows = await tx.query(
    `select 1 from stripe_syncs where sync_id = $1 and status = 'running' for share`,
    [syncId],
  );
  if (rows.length === 0) throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
}

/**
 * The first step of closing: nobody writes for this sync any more once the row is locked, so what is
 * counted then is all there is.
 * @returns false when it was closed already
 */
export async function lockOpen(tx: Queries, syncId: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from stripe_syncs where sync_id = $1 and status = 'running' for update`,
    [syncId],
  );
  return rows.length > 0;
}

/** For what writes the row itself, or what every page of the sync may be writing as well. */
export async function assertOpenAlone(tx: Queries, syncId: string): Promise<void> {
  if (!(await lockOpen(tx, syncId))) throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
}

export async function addNote(tx: Queries, syncId: string, note: string): Promise<void> {
  await tx.query(
    `update stripe_syncs set notes = array_append(notes, $2)
     where sync_id = $1 and not $2 = any(notes)`,
    [syncId, note],
  );
}

/**
 * Closes the open row; a row that is closed already stays as it is. The instance is looked at for problems
 * afterwards.
 */
export async function closeSync(
  tx: Queries,
  syncId: string,
  status: SyncStatus,
  totals: Tally,
  error?: { readonly code: ErrorCode; readonly details: ErrorDetails },
): Promise<void> {
  await tx.query(
    `with closed as (
       update stripe_syncs set status = $2, completed_at = now(), ${setCounts('$3', 'records_')},
         unproven = unproven and ${IN_LEDGER.map((state) => countIn('$3', state)).join(' + ')} > 0,
         newly_quarantined = $4, amounts = $5, reasons = $6, error = $7, error_details = $8,
         legs = ${legsOfPages('$1')}
       where sync_id = $1 and status = 'running' returning instance_id
     )
     update instances set look_at = now(), stalled_for = null, stalled_since = null,
       probes = case when $2 like 'completed%' then 0 else probes end
     from closed where instances.instance_id = closed.instance_id`,
    [
      syncId,
      status,
      totals.counts,
      totals.newlyQuarantined,
      totals.amounts,
      totals.reasons,
      error?.code ?? null,
      error?.details ?? null,
    ],
  );
}

function newSyncParameters(sync: NewSync): unknown[] {
  return [sync.syncId, sync.instanceId, sync.trigger, sync.scope, sync.workflowId, sync.firstRunId];
}
