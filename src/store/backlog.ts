/** What earlier syncs have left to do: rows that are staged still, and quarantined ones that are due again. */
import type { Db, Queries } from './db';
import { recordPage, type NewPage } from './pages';
import { assertOpen } from './syncs';

/** Most rows that one page of the backlog takes: as many as one of Stripe's answers has that a step reads. */
const BACKLOG_PAGE = 500;

/**
 * A page of our own: rows that an ended sync left staged, and quarantined ones that are due again. The
 * ledger is asked about them, so a listing under way need not take them over once more.
 */
export async function claimBacklog(
  db: Db,
  page: Omit<NewPage, 'nextCursor' | 'answer'>,
): Promise<{ count: number; nextCursor: string | null }> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    const [owned] = await tx.query<{ count: number }>(
      'select count(*) as count from movements where page_id = $1',
      [page.pageId],
    );
    if ((owned?.count ?? 0) === 0) {
      await tx.query(
        // Each set from its index, the oldest due first; locked as pages are, in the order of their ids.
        `with due as materialized (
           (select movement_id as id from movements
            where source_id = $4 and state = 'staged' and sync_id <> $2 limit ${BACKLOG_PAGE})
           union all
           (select movement_id from movements
            where source_id = $4 and state = 'quarantined' and retry_at <= now() and sync_id <> $2
            order by retry_at, movement_id limit ${BACKLOG_PAGE})
           limit ${BACKLOG_PAGE}),
         locked as materialized (
           select p.movement_id as id from movements p
           where p.instance_id = $3 and p.movement_id in (select id from due)
           order by p.movement_id for update)
         update movements p set page_id = $1, sync_id = $2, state = 'staged', updated_at = now(),
           listing_id = coalesce(s.listing_id, p.listing_id)
         from sources s, locked
         where p.instance_id = $3 and p.movement_id = locked.id and s.source_id = $4
           and p.source_id = $4 and p.sync_id <> $2 and p.state in ('staged', 'quarantined')`,
        [page.pageId, page.syncId, page.instanceId, page.window.sourceId],
      );
    }
    const more = await hasBacklog(tx, page.window.sourceId, page.syncId);
    const nextCursor = more ? String(Number(page.cursor ?? '1') + 1) : null;
    const count = await recordPage(tx, { ...page, nextCursor, answer: null });
    return { count, nextCursor };
  });
}

/** Whether a sync has anything to do besides reading Stripe. */
export async function hasBacklog(db: Queries, sourceId: string, syncId: string): Promise<boolean> {
  // Each by its index: together they would be read to their ends and combined.
  const [row] = await db.query<{ there: boolean }>(
    `select exists (select 1 from movements where source_id = $1 and state = 'staged' and sync_id <> $2)
       or exists (select 1 from movements where source_id = $1 and state = 'quarantined'
         and retry_at <= now() and sync_id <> $2) as there`,
    [sourceId, syncId],
  );
  return row?.there ?? false;
}

/** Where a reading of the backlog has come to. */
export interface BacklogPlace {
  readonly set: 'staged' | 'due';
  /** Of the last row: its page, or when it is due, and its id. */
  readonly key: string;
  readonly id: string;
}

/** What the next sync of this source takes up from our own table, a page at a time. */
export async function backlogIds(
  db: Db,
  sourceId: string,
  limit: number,
  after: BacklogPlace = { set: 'staged', key: '', id: '' },
): Promise<{ ids: string[]; last: BacklogPlace | undefined }> {
  const [column, condition] =
    after.set === 'staged'
      ? ['page_id', `state = 'staged'`]
      : ['retry_at', `state = 'quarantined' and retry_at <= now()`];
  const type = after.set === 'staged' ? 'text' : 'timestamptz';
  const rows = await db.query<{ id: string; key: string }>(
    `select movement_id as id, ${column}::text as key from movements
     where source_id = $1 and kind = 'pay_in' and ${condition} and (${column}, movement_id) > ($2::${type}, $3)
     order by ${column}, movement_id limit $4`,
    [sourceId, after.key, after.id, limit],
  );
  const last = rows.at(-1);
  if (last) return { ids: rows.map(({ id }) => id), last: { set: after.set, ...last } };
  if (after.set === 'due') return { ids: [], last: undefined };
  return backlogIds(db, sourceId, limit, { set: 'due', key: '-infinity', id: '' });
}
