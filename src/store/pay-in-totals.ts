/**
 * The rows of `pay_in_totals`: what the pay-ins of an instance add up to. The database keeps them with
 * every write (migration 0013), so that no page or command reads all pay-ins. Nothing here writes.
 */
import type { PayInState } from '../domain/pay-in';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

/** Pay-ins by state: what is in the ledger and what is not. */
export async function countPayIns(
  db: Queries,
  instanceId: string,
): Promise<Partial<Record<PayInState, number>>> {
  const rows = await db.query<{ state: PayInState; count: number }>(
    `select state, sum(count)::bigint as count from pay_in_totals
     where instance_id = $1 and count <> 0 and state <> 'closed' group by state
     union all
     -- Those of pages that are under way, or were when their sync ended.
     select 'staged', count(*) from sources join movements using (source_id)
     where sources.instance_id = $1 and state = 'staged' having count(*) > 0`,
    [instanceId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

/** What happened to the pay-ins of one day, in one currency. */
export interface MoneyOfDay {
  /** YYYY-MM-DD, UTC: the day that the posting is dated. */
  readonly day: string;
  /** Upper case. */
  readonly currency: string;
  /** Minor units, and how many pay-ins. */
  readonly inLedger: bigint;
  readonly setAside: bigint;
  readonly countInLedger: number;
  readonly countSetAside: number;
}

/** Money by day and currency from a day on (YYYY-MM-DD, UTC), oldest first; days without any are left out. */
export async function moneyByDay(
  db: Queries,
  instanceId: string,
  from: string,
): Promise<MoneyOfDay[]> {
  const rows = await db.query<
    Omit<MoneyOfDay, 'inLedger' | 'setAside'> & { inLedger: string; setAside: string }
  >(
    `select day::text as day, upper(currency) as currency,
       coalesce(sum(amount) filter (where state <> 'quarantined'), 0)::text as "inLedger",
       coalesce(sum(amount) filter (where state = 'quarantined'), 0)::text as "setAside",
       coalesce(sum(count) filter (where state <> 'quarantined'), 0)::bigint as "countInLedger",
       coalesce(sum(count) filter (where state = 'quarantined'), 0)::bigint as "countSetAside"
     from pay_in_totals
     where instance_id = $1 and day >= $2::date and currency <> '' and count <> 0
       and (state in ${IN_LEDGER_STATES} or state = 'quarantined')
     group by 1, 2 order by 1, 2`,
    [instanceId, from],
  );
  return rows.map((row) => ({
    ...row,
    inLedger: BigInt(row.inLedger),
    setAside: BigInt(row.setAside),
  }));
}

/** Why pay-ins of the source in force are set aside, the commonest reason first. */
export async function quarantineReasons(
  db: Queries,
  instanceId: string,
): Promise<{ reason: string; count: number }[]> {
  return db.query(
    `select case reason when '' then 'unknown' else reason end as reason, sum(count)::bigint as count
     from pay_in_totals join sources using (instance_id, source_id)
     where instance_id = $1 and state = 'quarantined' and is_current
     group by 1 having sum(count) > 0 order by 2 desc, 1`,
    [instanceId],
  );
}
