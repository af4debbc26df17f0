/** Rows of Stripe's that our movements do not add up to. */
import type { ProofItem } from '../domain/proof/proof-items';
import type { Queries } from './db';
import { isEarlier } from './earlier';
import { IN_LEDGER_STATES } from './outcome-columns';
import { rowsOf } from './rows-of-pay-in';

/** A row with what is missing of it, and when it moved the balance. */
export type UnbookedRow = Pick<ProofItem, 'reference' | 'currency' | 'amount'> & {
  readonly at: number;
  /** Of all rows that it was looked at together with. */
  readonly times: readonly number[];
};

/** The next ids of rows, in their order. */
export async function rowIds(
  db: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select bt_id as id from balance_transactions
     where instance_id = $1 and source_id = $2 and bt_id > $3 order by bt_id limit $4`,
    [instanceId, sourceId, after, limit],
  );
  return rows.map(({ id }) => id);
}

/** The pay-in's own money has come by rows of Stripe's. */
const HAS_ROW = `exists (select from ${rowsOf('p')})`;

/**
 * It succeeded and was booked before all this began, and no row from then until the opening was frozen tells of it:
 * the opening balance counts it (the same as `countedOf` of src/engine/movements/known-of.ts).
 */
const IS_COUNTED = `(${isEarlier('p', 's.movements_from_s', 's.movements_counted_to')}
  and not exists (select from ${rowsOf('p')}
    and not b.is_before and b.created_s < floor(extract(epoch from s.movements_opened_at))))`;

/**
 * The rows of a payment are looked at together with all others of it: several captures are one pay-in. Movements
 * that are set aside count, since each of them is named by itself.
 */
export async function unbookedOf(
  db: Queries,
  instanceId: string,
  ids: readonly string[],
): Promise<UnbookedRow[]> {
  interface Row extends Omit<UnbookedRow, 'amount'> {
    readonly amount: string;
  }
  const rows = await db.query<Row>(
    `with part as materialized (
       select *, case when kind = 'charge' then payment_intent_id end as payment
       from balance_transactions where instance_id = $1 and bt_id = any($2)),
     payments as materialized (select distinct payment from part where payment is not null),
     own as materialized (
       select bt_id as together, bt_id, source_id, currency, moved, created_s, is_before, balance_type from part
       where payment is null
       union all
       select q.payment, b.bt_id, b.source_id, b.currency, b.moved, b.created_s, b.is_before, b.balance_type
       from payments q join balance_transactions b
         on b.instance_id = $1 and b.payment_intent_id = q.payment and b.kind = 'charge'),
     sides(together, currency, amount) as (
       select together, currency, moved from own
       where not is_before and coalesce(balance_type, 'payments') = 'payments'
       union all
       select o.together, m.currency, -m.moves from own o join movements m
         on m.instance_id = $1 and m.bt_id = o.bt_id and m.leg is not null
       union all
       select q.payment, p.currency, -p.amount from payments q join movements p
         on p.instance_id = $1 and p.movement_id = q.payment and p.leg is null
       join sources s using (source_id)
       where p.state in ${IN_LEDGER_STATES} and ${HAS_ROW} and not coalesce(${IS_COUNTED}, false))
     select coalesce(min(o.bt_id) filter (where not o.is_before), min(o.bt_id)) as reference,
       d.currency, d.amount::text as amount, max(o.created_s) as at,
         coalesce(json_agg(distinct o.created_s) filter (where o.created_s is not null), '[]') as times
     from (select together, upper(currency) as currency, sum(amount) as amount from sides
       where currency is not null group by 1, 2 having sum(amount) <> 0) d join own o using (together)
     group by o.together, d.currency, d.amount order by 1, 2`,
    [instanceId, ids],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}
