/** Pay-ins that are set aside: closed, tried again, posted after all. What a person has closed stays as a row. */
import type { Db, Queries } from './db';
import { OF_CURRENT_SOURCE } from './movements';

/** Which of the open ones are meant: one of them, those of a reason, or all. */
export type Choice =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'reason'; readonly reason: string }
  | { readonly kind: 'all' };

export interface ClosingNote {
  readonly by: string;
  readonly note: string;
}

/**
 * As parameters $2 and $3. A reason that a row has not is told as `unknown` everywhere. Of other movements than
 * pay-ins only one that is named: by reason and in all, what is counted is pay-ins.
 */
const CHOSEN = `($2::text is null or movement_id = $2) and ($2::text is not null or kind = 'pay_in')
  and ($3::text is null or coalesce(reason, 'unknown') = $3)`;

function parametersOf(choice: Choice): (string | null)[] {
  return [
    choice.kind === 'one' ? choice.id : null,
    choice.kind === 'reason' ? choice.reason : null,
  ];
}

/**
 * Closes what was dealt with: no sync posts it any more. Those of a source that was left can be closed too,
 * one by one; by reason or all is what is in force.
 * @returns the ids; empty: nothing of it is set aside, or it is closed already
 */
export async function closePayIns(
  db: Db,
  instanceId: string,
  choice: Choice,
  closing: ClosingNote,
): Promise<string[]> {
  const closed: string[] = [];
  for (;;) {
    const ids = await closeSome(db, instanceId, choice, closing);
    closed.push(...ids);
    if (ids.length < CLOSED_AT_ONCE) return closed;
  }
}

async function closeSome(
  db: Db,
  instanceId: string,
  choice: Choice,
  { by, note }: ClosingNote,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `update movements set closed_at = now(), closed_by = $4, closed_note = $5, retry_at = null
     where instance_id = $1 and movement_id in (
       select movement_id from movements
       where instance_id = $1 and state = 'quarantined' and closed_at is null and ${CHOSEN}
         and kind = 'pay_in' and ($2::text is not null or ${OF_CURRENT_SOURCE})
       order by movement_id limit $6)
       and state = 'quarantined' and closed_at is null
     returning movement_id as id`,
    [instanceId, ...parametersOf(choice), by, note, CLOSED_AT_ONCE],
  );
  return rows.map(({ id }) => id);
}

/** Rows of one statement: a page of them is no long lock for the syncs. */
const CLOSED_AT_ONCE = 1_000;

/**
 * Makes what is set aside due, so that the next sync tries it. One that is named is opened again if it was
 * closed. Those of a source that was left can be tried only if it comes back.
 * @returns when, by the database's clock, and how many
 */
export async function retryPayIns(
  db: Queries,
  instanceId: string,
  choice: Choice,
): Promise<{ readonly due: number; readonly at: Date }> {
  const [row] = await db.query<{ due: number; at: Date }>(
    `with tried as (
       update movements set retry_at = now(), closed_at = null, closed_by = null, closed_note = null
       where instance_id = $1 and state = 'quarantined' and ${OF_CURRENT_SOURCE} and ${CHOSEN}
         and ($2::text is not null or closed_at is null)
       returning 1)
     select count(*)::bigint as due, now() as at from tried`,
    [instanceId, ...parametersOf(choice)],
  );
  if (!row) throw new Error('a count without a row');
  return row;
}

/**
 * Makes what is set aside due, as not booked yet: a person has decided it. Where only the time of success
 * was missing it counts as succeeded when the books begin, which is also what its posting is dated.
 */
export async function postAfterAll(
  db: Db,
  instanceId: string,
  choice: Choice,
  { by, note }: ClosingNote,
): Promise<{ readonly due: number; readonly at: Date }> {
  return db.transaction(async (tx) => {
    await tx.query(
      `update movements p set post_after_by = $4, post_after_note = $5, post_after_at = now(),
         succeeded_s = case when p.reason = 'SUCCESS_TIME_UNKNOWN' and i.sync_since ~ '^[0-9]+$'
           then greatest(p.succeeded_s, i.sync_since::bigint) else p.succeeded_s end
       from instances i
       where p.instance_id = $1 and i.instance_id = $1 and p.kind = 'pay_in' and p.state = 'quarantined'
         and p.${OF_CURRENT_SOURCE} and ($2::text is null or p.movement_id = $2)
         and ($3::text is null or coalesce(p.reason, 'unknown') = $3)
         and ($2::text is not null or p.closed_at is null)`,
      [instanceId, ...parametersOf(choice), by, note],
    );
    return retryPayIns(tx, instanceId, choice);
  });
}

/** What became of what was made due at that time: set aside again, or through. */
export async function retriedInVain(
  db: Db,
  instanceId: string,
  choice: Choice,
  since: Date,
): Promise<{ readonly reason: string; readonly count: number }[]> {
  return db.query(
    `select coalesce(reason, 'unknown') as reason, count(*)::bigint as count from movements
     where instance_id = $1 and state = 'quarantined' and closed_at is null and ${CHOSEN}
       and updated_at >= $4 and attempts > 1 and ${OF_CURRENT_SOURCE}
     group by 1 order by 2 desc, 1`,
    [instanceId, ...parametersOf(choice), since],
  );
}

/** Those that were made due at that time and that no sync has come to yet. */
export async function stillDue(
  db: Db,
  instanceId: string,
  choice: Choice,
  at: Date,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::bigint as count from movements
     where instance_id = $1 and state in ('quarantined', 'staged') and closed_at is null and ${CHOSEN}
       and retry_at >= $4 and retry_at < $4::timestamptz + interval '1 millisecond'
       and ${OF_CURRENT_SOURCE}`,
    [instanceId, ...parametersOf(choice), at],
  );
  return row?.count ?? 0;
}
