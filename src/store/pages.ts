/** The rows of `sync_pages`: what a page holds, what became of it, and sums over the pages of a sync. */
import type { Counts } from '../domain/outcomes';
import { sumAmounts, sumReasons, tally, type Tally, type TallyRow } from '../domain/tally';
import type { Feed } from '../domain/feeds';
import type { Db, Queries } from './db';
import { legsOfPage, type LegCounts } from './leg-counts';
import { countsBy, setCounts } from './outcome-columns';
import { assertOpen } from './syncs';
import { advanceWindow, rememberFirstAnswer, type FirstAnswer, type WindowRow } from './windows';

export interface NewPage {
  readonly pageId: string;
  readonly syncId: string;
  readonly instanceId: string;
  readonly window: WindowRow;
  readonly cursor: string | null;
  readonly nextCursor: string | null;
  /** null for the backlog, which asks nobody. */
  readonly answer: FirstAnswer | null;
}

/** Stages nothing itself: notes what the page holds, and how it goes on. */
export async function recordPage(tx: Queries, page: NewPage): Promise<number> {
  const [rows] = await tx.query<{ count: number; staged: number }>(
    `select count(*) as count, count(*) filter (where state = 'staged') as staged
     from movements where page_id = $1`,
    [page.pageId],
  );
  const { count, staged } = rows ?? { count: 0, staged: 0 };
  // An empty page is done as it is: nothing is sent and nothing saved for it.
  const empty = count === 0;
  await tx.query(
    `insert into sync_pages as p (page_id, sync_id, window_id, cursor, next_cursor, state)
     values ($1, $2, $3, $4, $5, case when $6 then 'done' else 'open' end)
     on conflict (page_id) do update set next_cursor = excluded.next_cursor,
       state = case when $6 then 'done' when $7 > 0 then 'open' else p.state end`,
    [page.pageId, page.syncId, page.window.windowId, page.cursor, page.nextCursor, empty, staged],
  );
  if (page.cursor === null && page.answer !== null) {
    await rememberFirstAnswer(tx, page.window.windowId, page.answer);
  }
  if (empty) await advanceWindow(tx, page.window.windowId);
  return count;
}

/**
 * Writes a page's counters from its rows and moves its window on, in one transaction. A page that has
 * stepped aside counts what is handled so far, and is saved again.
 */
export async function savePage(db: Db, syncId: string, pageId: string): Promise<PageSums> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    const [page] = await tx.query<{ windowId: string }>(
      'select window_id as "windowId" from sync_pages where page_id = $1 and sync_id = $2',
      [pageId, syncId],
    );
    if (!page) throw new Error(`page ${pageId} was never fetched`);
    const sums = await writeCounters(tx, pageId, 'done');
    await advanceWindow(tx, page.windowId);
    return sums;
  });
}

interface PageSums {
  /** Of pay-ins. */
  readonly counts: Counts;
  readonly legs: LegCounts;
}

export interface PageAside {
  readonly pageId: string;
  readonly feed: Feed;
  /** Pay-ins still to handle. */
  readonly count: number;
}

/** Pages of this sync with pay-ins that nobody has handled yet. */
export async function pagesAside(
  db: Queries,
  sourceId: string,
  syncId: string,
  limit: number,
): Promise<PageAside[]> {
  return db.query<PageAside>(
    `select page_id as "pageId", w.feed, a.count
     from (select page_id, count(*) as count from movements
           where source_id = $1 and sync_id = $2 and state = 'staged'
           group by page_id order by page_id limit $3) a
     join sync_pages p using (page_id) join sync_windows w using (window_id)
     order by page_id`,
    [sourceId, syncId, limit],
  );
}

/**
 * Closes the pages that a sync leaves unfinished: their handled pay-ins count, the others stay staged
 * for the next sync.
 */
export async function settlePages(tx: Queries, syncId: string): Promise<void> {
  const open = await tx.query<{ pageId: string }>(
    `select page_id as "pageId" from sync_pages
     where sync_id = $1 and (state = 'open' or aside)`,
    [syncId],
  );
  for (const { pageId } of open) await writeCounters(tx, pageId, 'partial');
}

export async function writeCounters(
  tx: Queries,
  pageId: string,
  state: 'done' | 'partial',
): Promise<PageSums> {
  // A retry that fails again was counted by the sync that set it aside.
  const rows = await tx.query<TallyRow>(
    `select i.state, i.currency, case when i.state = 'quarantined' then i.reason end as reason,
       count(*) as count, coalesce(sum(i.amount), 0)::text as amount,
       count(*) filter (where i.state = 'quarantined' and i.quarantined_by = p.sync_id) as newly
     -- Pay-ins only: legs have counters of their own.
     from movements i join sync_pages p using (page_id) join sync_windows w using (window_id)
     where i.page_id = $1 and i.kind = 'pay_in' and i.state <> 'staged'
       and not (w.feed = 'backlog' and i.state = 'quarantined'
         and coalesce(i.quarantined_by <> p.sync_id, false))
     group by 1, 2, 3`,
    [pageId],
  );
  const { counts, newlyQuarantined, amounts, reasons } = tally(rows);
  const [page] = await tx.query<Pick<PageSums, 'legs'>>(
    `update sync_pages set state = $2, ${setCounts('$3')}, newly_quarantined = $4, amounts = $5,
       reasons = $6, saved_at = now(), legs = ${legsOfPage('$1')},
       aside = exists (select 1 from movements where page_id = $1 and state = 'staged')
     where page_id = $1 returning legs`,
    [pageId, state, counts, newlyQuarantined, amounts, reasons],
  );
  return { counts, legs: page?.legs ?? {} };
}

/** What a sync adds up to: the sum of its pages. */
export async function sumPages(tx: Queries, syncId: string): Promise<Tally> {
  const [sums] = await tx.query<Pick<Tally, 'counts' | 'newlyQuarantined'>>(
    `select ${countsBy((column) => `coalesce(sum(${column}), 0)`)} as counts,
       coalesce(sum(newly_quarantined), 0)::int as "newlyQuarantined"
     from sync_pages where sync_id = $1`,
    [syncId],
  );
  const pages = await tx.query<Pick<Tally, 'amounts' | 'reasons'>>(
    'select amounts, reasons from sync_pages where sync_id = $1 and found > 0',
    [syncId],
  );
  if (!sums) throw new Error('an aggregate returned no row');
  return {
    ...sums,
    amounts: sumAmounts(pages.map((page) => page.amounts)),
    reasons: sumReasons(pages.map((page) => page.reasons)),
  };
}
