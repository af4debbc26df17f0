/** What our own rows know of the payments behind balance transactions: of a whole page at once. */
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import type { PayInState } from '../domain/pay-in';
import type { Queries } from './db';

export interface KnownRow {
  /** `pi_…`; of a charge without one, `ch_…` or `py_…`. */
  readonly id: string;
  readonly chargeId: string | null;
  readonly payer: string | null;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly state: PayInState;
  readonly sourceId: string;
  /** Unix seconds. */
  readonly succeededAt: number | null;
  /** Unix seconds. */
  readonly createdAt: number | null;
  /** Unix seconds: the date of its posting. */
  readonly datedAt: number | null;
  /** When it came to the ledger first; null: before that was noted. */
  readonly bookedAt: Date | null;
  /** Of the charges that were asked for, those that lead to it. */
  readonly charges: readonly string[];
}

/** A charge that was booked as a pay-in is a leg, whose payer stands in its metadata. */
const COLUMNS = `p.movement_id as id, case when p.leg is null then p.charge_id else p.movement_id end as "chargeId",
  case when p.leg is null then p.payer else p.metadata ->> 'stripe_customer_id' end as payer,
  p.amount::text as amount, p.currency, p.state, p.source_id as "sourceId", p.succeeded_s as "succeededAt",
  p.created_s as "createdAt", coalesce(p.dated_s, p.created_s) as "datedAt", coalesce(p.first_booked_at, p.booked_at, p.posted_at) as "bookedAt"`;

/**
 * The pay-ins of payments and of charges, in any order. A charge leads to its pay-in by itself, or by another
 * balance transaction that names both.
 */
export async function knownPayInsOf(
  db: Queries,
  instanceId: string,
  paymentIntentIds: readonly string[],
  chargeIds: readonly string[],
): Promise<KnownRow[]> {
  const rows = await db.query<Omit<KnownRow, 'amount'> & { amount: string | null }>(
    // One by one, by their indexes: of an instance that is new the planner knows nothing, and it would hold each of
    // its rows against all of the ids.
    `with led as materialized (
       select unnest($3::text[]) as id, unnest($3::text[]) as charge
       union select m.movement_id, c.charge from unnest($3::text[]) c(charge) cross join lateral (
         select movement_id from movements where instance_id = $1 and charge_id = c.charge offset 0) m
       union select b.payment_intent_id, c.charge from unnest($3::text[]) c(charge) cross join lateral (
         select payment_intent_id from balance_transactions
         where instance_id = $1 and charge_id = c.charge and payment_intent_id is not null offset 0) b),
     asked as materialized (
       select id, array_remove(array_agg(charge), null) as charges
       from (select unnest($2::text[]) as id, null as charge union all select id, charge from led) ids group by id)
     select ${COLUMNS}, asked.charges
     from asked cross join lateral (
       select * from movements where instance_id = $1 and movement_id = asked.id offset 0) p
     where p.leg is null or p.kind = 'lone_charge'`,
    [instanceId, paymentIntentIds, chargeIds],
  );
  return rows.map((row) => ({ ...row, amount: row.amount === null ? null : BigInt(row.amount) }));
}

/** Ids of the payments and charges that a page of rows comes from. */
export function idsOfPayments(rows: readonly Pick<BalanceTransaction, 'source'>[]): {
  readonly paymentIntentIds: readonly string[];
  readonly chargeIds: readonly string[];
} {
  const paymentIntentIds = new Set<string>();
  const chargeIds = new Set<string>();
  for (const { source } of rows) {
    if (source.object !== 'charge' && source.object !== 'refund' && source.object !== 'dispute') {
      continue;
    }
    const charge = source.object === 'charge' ? source.id : source.chargeId;
    if (source.paymentIntentId !== null) paymentIntentIds.add(source.paymentIntentId);
    else if (charge !== null) chargeIds.add(charge);
  }
  return { paymentIntentIds: [...paymentIntentIds], chargeIds: [...chargeIds] };
}

/**
 * Which of these charges and disputes have moved the balance before the cut-over: by its time, since a row that was read
 * for another ledger was held against that one's. Of a dispute Stripe tells of rows that no listing goes back to.
 * @param ids `ch_…`, `py_…`, `du_…`
 * @param cutOver Unix seconds
 */
export async function begunBefore(
  db: Queries,
  instanceId: string,
  ids: readonly string[],
  cutOver: number,
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }>(
    `select source_object_id as id from balance_transactions
     where instance_id = $1 and source_object_id = any($2) and created_s < $3
       and kind in ('charge', 'lone_charge', 'dispute')
     union select dispute_id from disputes where instance_id = $1 and dispute_id = any($2) and begun_s < $3`,
    [instanceId, ids, cutOver],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Charges of these payments that have moved the balance in a span of time, with their payment.
 * @param from Unix seconds
 * @param before Unix seconds
 */
export function chargesBetween(
  db: Queries,
  instanceId: string,
  paymentIntentIds: readonly string[],
  from: number,
  before: number,
): Promise<{ paymentIntentId: string; chargeId: string | null }[]> {
  return db.query(
    `select payment_intent_id as "paymentIntentId", charge_id as "chargeId" from balance_transactions
     where instance_id = $1 and payment_intent_id = any($2) and is_pay_in
       and created_s >= $3 and created_s < $4`,
    [instanceId, paymentIntentIds, from, before],
  );
}
