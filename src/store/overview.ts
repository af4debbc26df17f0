/** Questions of the command line about pay-ins. They change nothing. */
import type { Db } from './db';

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

/** What the next sync takes up from our own table, after the given id, at most `limit`. */
export async function backlogIds(
  db: Db,
  instanceId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select payment_intent_id as id from pay_ins
     where instance_id = $1 and payment_intent_id > $2
       and (state = 'staged' or (state = 'quarantined' and retry_at <= now()))
     order by payment_intent_id limit $3`,
    [instanceId, after, limit],
  );
  return rows.map((row) => row.id);
}

/**
 * Which of these pay-ins a sync would pass over, because they have an outcome already.
 * @param listingId the full listing that is read; null: the successes, where any outcome counts
 */
export async function handledIds(
  db: Db,
  instanceId: string,
  ids: readonly string[],
  listingId: string | null,
): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    `select payment_intent_id as id from pay_ins
     where instance_id = $1 and payment_intent_id = any($2) and state <> 'staged'
       and ($3::text is null or listing_id = $3)`,
    [instanceId, [...ids], listingId],
  );
  return new Set(rows.map((row) => row.id));
}
