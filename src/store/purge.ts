/** Deletes all rows of an instance. What is in the ledger is not ours to delete. */
import { SyncError } from '../domain/errors';
import { lockAccess } from './access';
import type { Queries } from './db';
import { findOpenSync } from './syncs';

/** Condition on the rows of an instance, whose id is $1. */
const OWN = 'instance_id = $1';
const OF_ITS_SYNCS = 'sync_id in (select sync_id from stripe_syncs where instance_id = $1)';

/** Every table that holds something of an instance: what refers to others comes before them. */
const TABLES = [
  ['alert_channels', OWN],
  ['alerts', OWN],
  ['pay_ins', OWN],
  ['sync_pages', OF_ITS_SYNCS],
  ['sync_windows', OF_ITS_SYNCS],
  ['stripe_syncs', OWN],
  ['sources', OWN],
  ['portal_sessions', OWN],
  ['intents', OWN],
  ['install_events', OWN],
  ['installs', OWN],
  ['instances', OWN],
] as const;

export const PURGED_TABLES: readonly string[] = TABLES.map(([table]) => table);

export type PurgedTable = (typeof TABLES)[number][0];

/** Rows by table, those with none left out. */
export type PurgeCounts = Partial<Record<PurgedTable, number>>;

/** Rows that one statement deletes: a million would take longer than a statement may. */
const AT_ONCE = 20_000;

export async function countForPurge(db: Queries, instanceId: string): Promise<PurgeCounts> {
  const counts: PurgeCounts = {};
  for (const [table, condition] of TABLES) {
    const [row] = await db.query<{ count: number }>(
      `select count(*) as count from ${table} where ${condition}`,
      [instanceId],
    );
    if (row && row.count > 0) counts[table] = row.count;
  }
  return counts;
}

/**
 * In one transaction; the instance is locked, so that no sync opens meanwhile.
 * @throws SyncError INSTANCE_UNKNOWN, SYNC_ALREADY_RUNNING, INSTANCE_FROM_ENVIRONMENT
 */
export async function purgeInstance(tx: Queries, instanceId: string): Promise<PurgeCounts> {
  const { origin } = await lockAccess(tx, instanceId);
  if (origin === 'environment') {
    throw new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
  }
  await assertNoSync(tx, instanceId);
  await tx.query('update instances set install_id = null where instance_id = $1', [instanceId]);
  const counts: PurgeCounts = {};
  for (const [table, condition] of TABLES) {
    const deleted = await deleteAll(tx, table, condition, instanceId);
    if (deleted > 0) counts[table] = deleted;
  }
  return counts;
}

/** @throws SyncError SYNC_ALREADY_RUNNING */
export async function assertNoSync(db: Queries, instanceId: string): Promise<void> {
  const open = await findOpenSync(db, instanceId);
  if (open) throw new SyncError('SYNC_ALREADY_RUNNING', { workflow: open.workflowId });
}

async function deleteAll(
  tx: Queries,
  table: PurgedTable,
  condition: string,
  instanceId: string,
): Promise<number> {
  let all = 0;
  for (;;) {
    const [row] = await tx.query<{ deleted: number }>(
      `with gone as (
         delete from ${table} where ctid = any (array(
           select ctid from ${table} where ${condition} limit ${AT_ONCE})) returning 1
       ) select count(*) as deleted from gone`,
      [instanceId],
    );
    const deleted = row?.deleted ?? 0;
    all += deleted;
    if (deleted < AT_ONCE) return all;
  }
}
