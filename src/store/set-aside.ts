/** Pay-ins that are set aside, counted and closed. What a person has closed stays as a row. */
import type { Db } from './db';

export interface SetAsideCounts {
  /** Open, and of the source in force. */
  readonly quarantined: number;
  readonly closed: number;
  /** Open, of a source that was left: no problem of the instance any more. */
  readonly left: number;
}

export async function countSetAside(db: Db, instanceId: string): Promise<SetAsideCounts> {
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

/** Closes one for good; false: it is not set aside, or closed already. */
export async function closePayIn(
  db: Db,
  instanceId: string,
  paymentIntentId: string,
  closing: { readonly by: string; readonly note: string },
): Promise<boolean> {
  const rows = await db.query(
    `update pay_ins set closed_at = now(), closed_by = $3, closed_note = $4, retry_at = null
     where instance_id = $1 and payment_intent_id = $2 and state = 'quarantined'
       and closed_at is null
     returning payment_intent_id`,
    [instanceId, paymentIntentId, closing.by, closing.note],
  );
  return rows.length > 0;
}
