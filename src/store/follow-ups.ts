/** Balance transactions that legs are to follow: found by their index, a part at a time. */
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import { legReferenceOf } from '../domain/ids';
import { readRows } from './balance-transactions';
import type { Queries } from './db';
import { IS_DUE, IS_TO_ASK } from './disputes';
import { HAS_WAITED } from './legs';
import { IN_LEDGER_STATES } from './outcome-columns';

/** Its money is on `@stripe-opening`, where that of a pay-in from before SYNC_SINCE stays. */
const IS_IN_OPENING = `exists (select from movements m
  where m.instance_id = b.instance_id and m.bt_id = b.bt_id and m.source_id = b.source_id
    and (m.from_balance like '%-opening' or m.to_balance like '%-opening'))`;

/** As parameter $1 names the source. A charge without a PaymentIntent is booked as a pay-in, under its own id. */
const IS_BOOKED = `b.source_id = $1 and b.awaits = 'booking'
  and (select 1 from movements p where p.instance_id = b.instance_id
    and p.movement_id = coalesce(b.payment_intent_id, b.charge_id)
    and p.kind in ('pay_in', 'lone_charge') and p.source_id = b.source_id
    and (p.state in ${IN_LEDGER_STATES} or p.state = 'before_since' and not ${IS_IN_OPENING})) is not null
  and ${HAS_WAITED}`;

const IS_TOLD = `b.source_status in ('succeeded', 'failed')`;

/** Of what becomes of a charge Stripe lists no row, but for its failure. */
const IS_TO_LEARN = `b.source_id = $1 and b.awaits = 'booking' and b.kind = 'lone_charge'
  and (${IS_TOLD} or coalesce(b.asked_at, b.seen_at) < now() - interval '6 hours') and ${HAS_WAITED}`;

/** A charge that has succeeded, whose pay-in no event and no answer has told of. Asked as lone charges are. */
const IS_UNKNOWN = `b.source_id = $1 and b.awaits = 'booking' and b.kind = 'charge' and b.source_status = 'succeeded'
  and not b.is_before and b.payment_intent_id is not null
  and coalesce(b.asked_at, b.seen_at) < now() - interval '6 hours'
  and not exists (select from movements p where p.instance_id = b.instance_id
    and p.movement_id = b.payment_intent_id and p.kind = 'pay_in')`;

const A_DAY_AGO = `now() - interval '1 day'`;

/**
 * Rows that Stripe lists late have come by then: of a payment of several captures some are read long before it is
 * booked, and some after. Where a difference was booked all the same, a row that comes now is what makes it up.
 */
const IS_SUMMED = `b.source_id = $1 and b.awaits = 'sum' and (b.seen_at < ${A_DAY_AGO}
    and not exists (select from movements p where p.instance_id = b.instance_id
      and p.movement_id = b.payment_intent_id and p.kind = 'pay_in'
      and coalesce(p.posted_at, p.booked_at) >= ${A_DAY_AGO})
  or exists (select from movements m where m.instance_id = b.instance_id and m.source_id = b.source_id
    and m.movement_id = b.payment_intent_id || '${legReferenceOf('', 'diff')}'))`;

/** Rows whose pay-in is booked by now, or was found to be from before SYNC_SINCE. */
export function dueBookings(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<BalanceTransaction[]> {
  return readRows(db, `${IS_BOOKED} order by b.bt_id limit $2`, [sourceId, limit]);
}

/**
 * Charges without a PaymentIntent that had not succeeded, once it is told what has become of them, or Stripe is to be
 * asked again.
 * @param asks false: the former alone
 */
export function pendingLoneCharges(
  db: Queries,
  sourceId: string,
  limit: number,
  asks: boolean,
): Promise<BalanceTransaction[]> {
  const due = `${IS_TO_LEARN} and ($3 or ${IS_TOLD})`;
  return readRows(db, `${due} order by b.bt_id limit $2`, [sourceId, limit, asks]);
}

export function unknownPayments(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<{ btId: string; paymentId: string }[]> {
  return db.query(
    `select b.bt_id as "btId", b.payment_intent_id as "paymentId" from balance_transactions b
     where ${IS_UNKNOWN} order by b.bt_id limit $2`,
    [sourceId, limit],
  );
}

/** Rows that did not add up to their pay-in, a day after they were read and it was booked. */
export function dueSums(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<BalanceTransaction[]> {
  return readRows(db, `${IS_SUMMED} order by b.bt_id limit $2`, [sourceId, limit]);
}

/** Whether legs are to follow by now, or Stripe is to be asked whether they are. */
export async function hasFollowUps(db: Queries, sourceId: string): Promise<boolean> {
  const rows = [IS_BOOKED, IS_TO_LEARN, IS_UNKNOWN, IS_SUMMED];
  const disputes = [IS_DUE, IS_TO_ASK];
  const due = [
    ...rows.map((one) => `exists (select from balance_transactions b where ${one})`),
    ...disputes.map((one) => `exists (select from disputes d where source_id = $1 and ${one})`),
  ];
  const [found] = await db.query<{ there: boolean }>(`select ${due.join(' or ')} as there`, [
    sourceId,
  ]);
  return found?.there ?? false;
}
