/**
 * What is not kept for ever. A run's windows and pages are of use while it goes on, and those of a listing
 * while it is resumed, at most 25 days; its row holds their sums. A run that found nothing leaves nothing
 * that anybody asks for. Rows of runs that found something, failed or left a note of more than what was left to the
 * next run stay.
 */
import { LEFT_TO_NEXT } from '../domain/notes';
import type { Db, Queries } from './db';

const DAYS = 30;

/** The newest runs stay whole, however old: an instance that has not run for long still shows them. */
const NEWEST = 100;

/** Of one call, so that none takes long; a schedule of 15 minutes makes 96 runs a day. */
const SYNCS_AT_ONCE = 100;
const PAGES_AT_ONCE = 2_000;

const OLD = `instance_id = $1 and not trimmed and status <> 'running'
  and started_at < now() - make_interval(days => ${DAYS})
  and started_at < coalesce((select started_at from stripe_syncs where instance_id = $1
    order by started_at desc offset ${NEWEST - 1} limit 1), '-infinity')`;

/** Deletes what old runs of the instance have left, the oldest first and so much at a time. */
export async function trimSyncs(db: Db, instanceId: string): Promise<void> {
  const old = await db.query(
    `select 1 from stripe_syncs where ${OLD} order by started_at limit 1`,
    [instanceId],
  );
  if (old.length > 0) await db.transaction((tx) => trim(tx, instanceId));
}

async function trim(tx: Queries, instanceId: string): Promise<void> {
  const syncs = await tx.query<{ id: string; idle: boolean }>(
    `select sync_id as id, status in ('completed', 'skipped') and records_found = 0 and legs = '{}'
       and not exists (select from unnest(notes) note where split_part(note, ' ', 1) <> all($2))
       -- A try in vain of what was set aside before is not counted, and yet it is the newest one.
       and (select p.page_id from sync_pages g join lateral
             (select page_id from movements where page_id = g.page_id limit 1) p on true
           where g.sync_id = s.sync_id limit 1) is null as idle
     from stripe_syncs s where ${OLD}
     order by started_at limit ${SYNCS_AT_ONCE} for update skip locked`,
    [instanceId, LEFT_TO_NEXT],
  );
  const ids = syncs.map(({ id }) => id);
  const pages = await tx.query(
    `delete from sync_pages where page_id = any (array(
       select g.page_id from unnest($1::text[]) as old(id), lateral
         (select page_id from sync_pages where sync_id = old.id limit ${PAGES_AT_ONCE}) g
       limit ${PAGES_AT_ONCE})) returning 1`,
    [ids],
  );
  if (pages.length === PAGES_AT_ONCE) return;
  // What a later run has read of a listing, or has still to read, goes with that one.
  await tx.query(
    `delete from sync_windows where window_id = any (array(
       select w.window_id from unnest($1::text[]) as old(id) join sync_windows w on w.sync_id = old.id
       where (select 1 from sync_pages g where g.window_id = w.window_id limit 1) is null
         and (select 1 from sources s where s.instance_id = $2 and s.is_current
           and w.listing_id in (s.listing_id, s.rows_listing_id)) is null))`,
    [ids, instanceId],
  );
  const done = `sync_id = any($1)
    and (select 1 from sync_windows w where w.sync_id = s.sync_id limit 1) is null`;
  await tx.query(`delete from stripe_syncs s where ${done}`, [
    syncs.filter(({ idle }) => idle).map(({ id }) => id),
  ]);
  await tx.query(`update stripe_syncs s set trimmed = true where ${done}`, [ids]);
}
