/** Balance transactions that legs are to follow: found by their index, a part at a time. */
import type { BalanceTransaction } from '../domain/balance-transaction';
import { readRows } from './balance-transactions';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

/**
 * Rows whose pay-in is booked by now, or was found to be from before SYNC_SINCE.
 * @param after an id
 */
export function dueBookings(
  db: Queries,
  sourceId: string,
  limit: number,
  after = '',
): Promise<BalanceTransaction[]> {
  return readRows(
    db,
    `b.source_id = $1 and b.awaits = 'booking' and b.bt_id > $3
       and (select 1 from movements p where p.instance_id = b.instance_id
         and p.movement_id = b.payment_intent_id and p.kind = 'pay_in'
         and (p.state in ${IN_LEDGER_STATES} or p.state = 'before_since')) is not null
     order by b.bt_id limit $2`,
    [sourceId, limit, after],
  );
}

/** Charges without a PaymentIntent that had not succeeded: only Stripe can tell what has become of them. */
export function pendingLoneCharges(
  db: Queries,
  sourceId: string,
  limit: number,
  after = '',
): Promise<BalanceTransaction[]> {
  return readRows(
    db,
    `source_id = $1 and awaits = 'booking' and bt_id > $3 and payment_intent_id is null
     order by bt_id limit $2`,
    [sourceId, limit, after],
  );
}

/** Rows that did not add up to their pay-in, once those that are listed late have come. @param before Unix seconds */
export function dueSums(
  db: Queries,
  sourceId: string,
  before: number,
  limit: number,
  after = '',
): Promise<BalanceTransaction[]> {
  return readRows(
    db,
    `source_id = $1 and awaits = 'sum' and bt_id > $4 and created_s < $2 order by bt_id limit $3`,
    [sourceId, before, limit, after],
  );
}
