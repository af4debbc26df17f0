/**
 * What Stripe's rows and our movements add up to, by currency: kept by the database with every write (migration
 * 0021), so that a proof costs the same however much there is. Nothing here writes.
 */
import type { Turnover } from '../domain/proof/turnover';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

export interface SettledSums {
  /** Upper case; empty: not known. */
  readonly currency: string;
  /** Net of the rows of the payments balance since the cut-over. */
  readonly entered: bigint;
  readonly rows: number;
  /** What went through the source balance by our pay-ins and legs that are in the ledger. */
  readonly booked: Turnover;
  readonly movements: number;
  /** What legs that are set aside would move. */
  readonly setAside: bigint;
  /** Legs that are set aside. */
  readonly aside: number;
  /** Movements without an outcome. */
  readonly staged: number;
}

interface StoredSums {
  readonly currency: string;
  readonly entered: string;
  readonly rows: number;
  readonly debits: string;
  readonly credits: string;
  readonly movements: number;
  readonly setAside: string;
  readonly aside: number;
  readonly staged: number;
}

/** Every currency that has any. */
export async function settledSums(db: Queries, sourceId: string): Promise<SettledSums[]> {
  const stored = await db.query<StoredSums>(
    `with parts(currency, entered, rows, debits, credits, movements, moves, aside, staged) as (
       select upper(currency), net, count, 0, 0, 0, 0, 0, 0 from stripe_totals
       where source_id = $1 and balance_type = 'payments' and not is_before
       union all
       select upper(currency), 0, 0, case when state in ${IN_LEDGER_STATES} then debits else 0 end,
         case when state in ${IN_LEDGER_STATES} then credits else 0 end,
         case when state in ${IN_LEDGER_STATES} then count else 0 end,
         case when state = 'quarantined' then debits - credits else 0 end,
         case when state = 'quarantined' then count else 0 end, 0
       from ledger_totals where source_id = $1
       union all
       -- A pay-in brings money: its amount is never negative.
       select upper(currency), 0, 0, amount, 0, count, 0, 0, 0 from pay_in_totals
       where instance_id = (select instance_id from sources where source_id = $1) and source_id = $1
         and state in ${IN_LEDGER_STATES}
       union all
       select upper(coalesce(currency, '')), 0, 0, 0, 0, 0, 0, 0, 1 from movements
       where source_id = $1 and state = 'staged')
     select currency, sum(entered)::text as entered, sum(rows)::bigint as rows, sum(debits)::text as debits,
       sum(credits)::text as credits, sum(movements)::bigint as movements, sum(moves)::text as "setAside",
       sum(aside)::bigint as aside, sum(staged)::bigint as staged
     from parts group by currency
     having sum(rows) <> 0 or sum(debits) <> 0 or sum(credits) <> 0 or sum(aside) <> 0 or sum(staged) <> 0
       or sum(entered) <> 0
     order by currency`,
    [sourceId],
  );
  return stored.map(({ currency, rows, movements, aside, staged, ...sums }) => ({
    ...{ currency, rows, movements, aside, staged },
    entered: BigInt(sums.entered),
    booked: { debits: BigInt(sums.debits), credits: BigInt(sums.credits) },
    setAside: BigInt(sums.setAside),
  }));
}

/** Legs of an instance, those that wait among them. */
export async function countLegs(db: Queries, instanceId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select (select coalesce(sum(count), 0) from ledger_totals where instance_id = $1)::bigint
       + (select count(*) from sources join movements m using (source_id)
          where sources.instance_id = $1 and m.state = 'staged' and m.leg is not null) as count`,
    [instanceId],
  );
  return row?.count ?? 0;
}
