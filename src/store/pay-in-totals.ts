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
     where sources.instance_id = $1 and state = 'staged' and kind = 'pay_in' having count(*) > 0`,
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

const REASON = `case reason when '' then 'unknown' else reason end`;

/** Those of the source in force that are open: of a source that was left nothing is tried any more. */
const SET_ASIDE = `from pay_in_totals join sources using (instance_id, source_id)
  where instance_id = $1 and state = 'quarantined' and is_current`;

/** Why pay-ins of the source in force are set aside, the commonest reason first. */
export async function quarantineReasons(
  db: Queries,
  instanceId: string,
): Promise<{ reason: string; count: number }[]> {
  return db.query(
    `select ${REASON} as reason, sum(count)::bigint as count ${SET_ASIDE}
     group by 1 having sum(count) > 0 order by 2 desc, 1`,
    [instanceId],
  );
}

export interface ReasonSum {
  readonly reason: string;
  /** Upper case; empty: not known. */
  readonly currency: string;
  readonly count: number;
  readonly amount: bigint;
}

/** How many are closed; they stay so whatever source is in force. */
export async function countOfClosed(db: Queries, instanceId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select coalesce(sum(count), 0)::bigint as count from pay_in_totals
     where instance_id = $1 and state = 'closed'`,
    [instanceId],
  );
  return row?.count ?? 0;
}

/** What is set aside of the source in force, by reason and currency. */
export async function sumsOfSetAside(db: Queries, instanceId: string): Promise<ReasonSum[]> {
  const rows = await db.query<Omit<ReasonSum, 'amount'> & { amount: string }>(
    `select ${REASON} as reason, upper(currency) as currency,
       sum(count)::bigint as count, sum(amount)::text as amount ${SET_ASIDE}
     group by 1, 2 having sum(count) > 0 order by 1, 2`,
    [instanceId],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}

export interface SetAsideCounts {
  /** Open, and of the source in force. */
  readonly quarantined: number;
  readonly closed: number;
  /** Open, of a source that was left: no problem of the instance any more. */
  readonly left: number;
}

export async function countSetAside(db: Queries, instanceId: string): Promise<SetAsideCounts> {
  const [row] = await db.query<SetAsideCounts>(
    `select coalesce(sum(count) filter (where state = 'quarantined' and is_current), 0)::bigint
         as quarantined,
       coalesce(sum(count) filter (where state = 'closed'), 0)::bigint as closed,
       coalesce(sum(count) filter (where state = 'quarantined' and not is_current), 0)::bigint as left
     from pay_in_totals join sources using (instance_id, source_id)
     where instance_id = $1 and state in ('quarantined', 'closed')`,
    [instanceId],
  );
  return row ?? { quarantined: 0, closed: 0, left: 0 };
}
