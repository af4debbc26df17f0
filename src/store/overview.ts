/** Questions of the command line about pay-ins. They change nothing. */
import type { PayIn } from '../domain/pay-in';
import type { Db } from './db';
import { DECIDED_BY_TIME } from './pages';

/** Why pay-ins are set aside, the commonest reason first. */
export async function quarantineReasons(
  db: Db,
  instanceId: string,
): Promise<{ reason: string; count: number }[]> {
  return db.query(
    `select coalesce(reason, 'unknown') as reason, count(*) as count from pay_ins
     where instance_id = $1 and state = 'quarantined' group by 1 order by 2 desc, 1`,
    [instanceId],
  );
}

/** What the next sync of this source takes up from our own table, after the given id. */
export async function backlogIds(
  db: Db,
  sourceId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select payment_intent_id as id from pay_ins
     where source_id = $1 and payment_intent_id > $2
       and (state = 'staged' or (state = 'quarantined' and retry_at <= now()))
     order by payment_intent_id limit $3`,
    [sourceId, after, limit],
  );
  return rows.map((row) => row.id);
}

export interface KnownPayIn {
  readonly id: string;
  /** Staging would pass it over, because it has an outcome already. */
  readonly handled: boolean;
  /** With what was known of it before, as staging keeps it. */
  readonly succeededAt: number | null;
  readonly chargedAt: number | null;
}

/**
 * Those of these pay-ins that have a row, and what staging would make of them.
 * @param listing absent: events, which leave any outcome but one that went by an earlier time; its id
 *   is null when it has not begun
 */
export async function knownPayIns(
  db: Db,
  instanceId: string,
  payIns: readonly PayIn[],
  listing?: { readonly id: string | null },
): Promise<KnownPayIn[]> {
  return db.query(
    `select r.id, greatest(r.succeeded, p.succeeded_s) as "succeededAt",
       coalesce(r.charged, p.charged_s) as "chargedAt",
       p.state <> 'staged' and coalesce(case when $5 then p.listing_id = $6
         else not (${DECIDED_BY_TIME} and (p.succeeded_s is null or r.succeeded > p.succeeded_s))
         end, false) as handled
     from pay_ins p join unnest($2::text[], $3::bigint[], $4::bigint[])
       as r(id, succeeded, charged) on p.payment_intent_id = r.id
     where p.instance_id = $1`,
    [
      instanceId,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.chargedAt),
      listing !== undefined,
      listing?.id ?? null,
    ],
  );
}
