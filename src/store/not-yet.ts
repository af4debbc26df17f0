/**
 * The rows of `not_yet_in_stripe`: pay-ins that are booked and of which Stripe has listed no row. The database adds
 * one as it is booked (migration 0021), while movements are carried over; staging takes it away.
 */
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import { payInChargeOf } from '../domain/kinds/choice';
import type { NotYet } from '../domain/proof/proof';
import type { Queries } from './db';
import { isEarlier } from './earlier';
import { IN_LEDGER_STATES } from './outcome-columns';
import { rowsOf } from './rows-of-pay-in';

/** Takes away what these rows are the money of. What takes money back, its failure or reversal, is not. */
export async function listedNow(
  tx: Queries,
  instanceId: string,
  rows: readonly { readonly bt: BalanceTransaction }[],
): Promise<void> {
  const charges = rows.flatMap(({ bt }) => {
    const charge = payInChargeOf(bt);
    return charge !== null && charge.paymentIntentId !== null
      ? [{ payment: charge.paymentIntentId, charge: charge.id }]
      : [];
  });
  if (charges.length === 0) return;
  await tx.query(
    `delete from not_yet_in_stripe n using unnest($2::text[], $3::text[]) r(payment, charge)
     where n.instance_id = $1 and n.movement_id = r.payment and (n.charge_id is null or n.charge_id = r.charge)`,
    [instanceId, charges.map(({ payment }) => payment), charges.map(({ charge }) => charge)],
  );
}

/** One that was booked while its row was being staged is here, and there as well. */
const HAS_ROW = `exists (select from ${rowsOf('n')})`;

/** By currency, in upper case. */
export async function readNotYet(
  db: Queries,
  sourceId: string,
): Promise<ReadonlyMap<string, NotYet>> {
  const rows = await db.query<{ currency: string; count: number; amount: string; oldest: number }>(
    `select upper(coalesce(currency, '')) as currency, count(*) as count,
       coalesce(sum(amount), 0)::text as amount, floor(extract(epoch from min(booked_at)))::bigint as oldest
     from not_yet_in_stripe n where source_id = $1 and not ${HAS_ROW} group by 1`,
    [sourceId],
  );
  return new Map(
    rows.map(({ currency, count, amount, oldest }) => [
      currency,
      { count, amount: BigInt(amount), oldest },
    ]),
  );
}

export interface NotYetLine {
  readonly id: string;
  readonly currency: string | null;
  readonly amount: bigint | null;
  /** Unix seconds. */
  readonly bookedAt: number;
}

/** Those that were booked before a time, one by one, the oldest first. */
export async function notYetSince(
  db: Queries,
  sourceId: string,
  before: number,
  limit: number,
): Promise<NotYetLine[]> {
  const rows = await db.query<Omit<NotYetLine, 'amount'> & { amount: string | null }>(
    `select movement_id as id, currency, amount::text as amount,
       floor(extract(epoch from booked_at))::bigint as "bookedAt"
     from not_yet_in_stripe n
     where source_id = $1 and booked_at < to_timestamp($2) and not ${HAS_ROW}
     order by booked_at, movement_id limit $3`,
    [sourceId, before, limit],
  );
  return rows.map((row) => ({ ...row, amount: row.amount === null ? null : BigInt(row.amount) }));
}

/** Pay-ins of a part; a few million are added in as many minutes, and once. */
const PART = 10_000;

/**
 * Adds, part by part, those that were booked before movements were carried over, and have no row yet. As where they
 * are booked later (migration 0021), the opening balance counts what had succeeded and was booked before it.
 * @returns where the next part begins; null: that was the last one
 */
export async function addBooked(
  tx: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  after: string | null,
): Promise<string | null> {
  const [part] = await tx.query<{ count: number; last: string | null }>(
    `with part as materialized (
       select * from movements where instance_id = $1 and movement_id > $3 order by movement_id limit ${PART}),
     added as (
       insert into not_yet_in_stripe
       select n.instance_id, n.movement_id, n.source_id, n.currency, n.amount, n.charge_id,
         coalesce(n.booked_at, n.posted_at, n.updated_at)
       from part n join sources s using (source_id)
       where n.source_id = $2 and n.kind = 'pay_in' and n.state in ${IN_LEDGER_STATES} and not ${HAS_ROW}
         and ${isEarlier('n', 's.movements_from_s', 's.movements_counted_to')} is not true
       on conflict do nothing)
     select count(*) as count, max(movement_id) as last from part`,
    [instanceId, sourceId, after ?? ''],
  );
  return part?.count === PART ? part.last : null;
}
