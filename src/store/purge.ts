/** Deletes all rows of an instance. What is in the ledger is not ours to delete. */
import { SyncError } from '../domain/errors';
import { lockAccess } from './access';
import type { Queries } from './db';
import { countPayIns } from './pay-in-totals';
import { countLegs } from './settled-sums';
import { findOpenSync } from './syncs';

/** Condition on the rows of an instance, whose id is $1. */
const OWN = 'instance_id = $1';
const OF_ITS_SYNCS = 'sync_id in (select sync_id from stripe_syncs where instance_id = $1)';

/** Every table that holds something of an instance, after its movements: what refers to others comes before them. */
const TABLES = [
  ['alert_channels', OWN],
  ['alerts', OWN],
  ['balance_transactions', OWN],
  // After those that they count.
  ['pay_in_totals', OWN],
  ['ledger_totals', OWN],
  ['stripe_totals', OWN],
  ['not_yet_in_stripe', OWN],
  ['disputes', OWN],
  ['openings', OWN],
  ['acceptances', OWN],
  ['reading_judgements', OWN],
  ['balance_readings', OWN],
  ['proof_items', 'proof_id in (select proof_id from proofs where instance_id = $1)'],
  ['proofs', OWN],
  ['sync_pages', OF_ITS_SYNCS],
  ['sync_windows', OF_ITS_SYNCS],
  ['stripe_syncs', OWN],
  ['watermarks', 'source_id in (select source_id from sources where instance_id = $1)'],
  ['sources', OWN],
  ['portal_sessions', OWN],
  ['intents', OWN],
  ['install_events', OWN],
  ['installs', OWN],
  ['instances', OWN],
] as const;

export const PURGED_TABLES: readonly string[] = ['movements', ...TABLES.map(([table]) => table)];

/** Pay-ins, and by themselves the movements that are none. */
interface Movements {
  readonly pay_ins: number;
  readonly movements: number;
}

/** Rows by table, those with none left out. */
export type PurgeCounts = Partial<Record<keyof Movements | (typeof TABLES)[number][0], number>>;

/** Rows of a table up to which they are counted one by one; one more says that there are more. */
export const COUNTED = 20_000;

/** Movements by their totals, everything else up to `COUNTED`. */
export async function countForPurge(db: Queries, instanceId: string): Promise<PurgeCounts> {
  const payIns = Object.values(await countPayIns(db, instanceId));
  const counts = found({
    pay_ins: payIns.reduce((sum, one) => sum + one, 0),
    movements: await countLegs(db, instanceId),
  });
  for (const [table, condition] of TABLES) {
    const count = await countUpTo(db, table, condition, instanceId);
    if (count > 0) counts[table] = count;
  }
  return counts;
}

function found({ pay_ins, movements }: Movements): PurgeCounts {
  return { ...(pay_ins > 0 && { pay_ins }), ...(movements > 0 && { movements }) };
}

async function countUpTo(
  db: Queries,
  table: string,
  condition: string,
  instanceId: string,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from (select 1 from ${table} where ${condition} limit ${COUNTED + 1}) t`,
    [instanceId],
  );
  return row?.count ?? 0;
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
  const counts = found(await deleteMovements(tx, instanceId));
  for (const [table, condition] of TABLES) {
    const deleted = await deleteAll(tx, table, condition, instanceId);
    if (deleted > 0) counts[table] = deleted;
  }
  return counts;
}

/** Days for which an instance is kept that nothing was ever synced into, as all are that were only forged. */
const DAYS_OF_NOTHING = 30;

/**
 * Instances that were left, the longest ago first: no access is in force, none is being tried, and
 * nothing is left to be done.
 * @param days since they were left; undefined: only those that nothing was ever synced into
 * @param instanceId only this one, which is locked until the transaction ends
 */
export async function leftInstances(
  db: Queries,
  days: number | undefined,
  limit: number,
  instanceId?: string,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select i.instance_id as id from instances i cross join lateral (
       select greatest(i.created_at, i.removed_at, max(n.received_at), max(n.ended_at)) as at
       from installs n where n.instance_id = i.instance_id) l
     where i.origin <> 'environment' and i.status = 'inactive' and i.install_id is null
       and ($3::text is null or i.instance_id = $3)
       and l.at < now() - make_interval(days => case
         when exists (select 1 from sources s where s.instance_id = i.instance_id) then $1::integer
         else least($1::integer, ${DAYS_OF_NOTHING}) end)
       and not exists (select 1 from installs n where n.instance_id = i.instance_id
         and n.status in ('pending', 'held'))
       and not exists (select 1 from intents t where t.instance_id = i.instance_id
         and t.done_at is null)
       and not exists (select 1 from stripe_syncs s where s.instance_id = i.instance_id
         and s.status = 'running')
     order by l.at limit $2${instanceId === undefined ? '' : ' for update of i'}`,
    [days ?? null, limit, instanceId ?? null],
  );
  return rows.map(({ id }) => id);
}

/** @throws SyncError SYNC_ALREADY_RUNNING */
export async function assertNoSync(db: Queries, instanceId: string): Promise<void> {
  const open = await findOpenSync(db, instanceId);
  if (open) throw new SyncError('SYNC_ALREADY_RUNNING', { workflow: open.workflowId });
}

/** Rows that one statement deletes: a million would take longer than a statement may. */
const AT_ONCE = 20_000;

/** In the order of their ids, since an index keeps an entry of what was deleted until a vacuum. */
async function deleteMovements(tx: Queries, instanceId: string): Promise<Movements> {
  const all = { pay_ins: 0, movements: 0 };
  let after = '';
  for (;;) {
    const [row] = await tx.query<Movements & { last: string | null }>(
      `with gone as (
         delete from movements where instance_id = $1 and movement_id in (
           select movement_id from movements where instance_id = $1 and movement_id > $2
           order by movement_id limit ${AT_ONCE}) returning movement_id as id, leg
       ) select count(*) filter (where leg is null) as pay_ins, count(leg) as movements, max(id) as last
       from gone`,
      [instanceId, after],
    );
    const last = row?.last ?? null;
    if (!row || last === null) return all;
    all.pay_ins += row.pay_ins;
    all.movements += row.movements;
    after = last;
  }
}

async function deleteAll(
  tx: Queries,
  table: string,
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
