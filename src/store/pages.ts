/** The rows of `sync_pages` and the staging of their pay-ins. */
import type { PayIn } from '../domain/pay-in';
import { isListing, type Feed } from '../domain/feeds';
import type { Counts } from '../domain/outcomes';
import { sumAmounts, sumReasons, tally, type Tally, type TallyRow } from '../domain/tally';
import type { planLookBack } from '../domain/window';
import type { Db, Queries } from './db';
import { countsBy, setCounts } from './outcome-columns';
import { assertOpen } from './syncs';
import {
  addWindow,
  advanceWindow,
  cutWindow,
  rememberFirstAnswer,
  type FirstAnswer,
  type WindowRow,
} from './windows';

export interface FetchedPage {
  readonly pageId: string;
  readonly syncId: string;
  readonly instanceId: string;
  readonly window: WindowRow;
  readonly cursor: string | null;
  readonly nextCursor: string | null;
  /** null for the backlog, which asks nobody. */
  readonly answer: FirstAnswer | null;
  /** What is left of the window below the page is cut: the first second that stays with it. */
  readonly cut?: number | undefined;
  /** What this tail turns out to have to look back to. */
  readonly lookBack?: ReturnType<typeof planLookBack> | undefined;
}

/**
 * Stages a page's pay-ins and returns how many the page owns, and the windows that it has cut off. Reading a page again gives all its rows
 * again. A pay-in stays with the page that owns it when that page belongs to this sync or to the same
 * listing; a tail also leaves everything that an earlier sync has handled. Listings, and the first tail
 * after each, take all else over, because there the ledger decides what is in it, never our own row.
 */
export async function stagePage(
  db: Db,
  page: FetchedPage,
  payIns: readonly PayIn[],
): Promise<{ count: number; windows: string[] }> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    // One statement may not touch a row twice, should Stripe ever list a payment twice in an answer.
    const distinct = new Map(payIns.map((payIn) => [payIn.id, payIn]));
    // Another attempt was here before: its answer is what the workflow follows, and a window that this one
    // adds nobody would read.
    const first = await isFirst(tx, page);
    const losing = await pagesLosing(tx, page, [...distinct.keys()]);
    await upsertPayIns(tx, page, inLockOrder([...distinct.values()]));
    for (const pageId of losing) await writeCounters(tx, pageId, 'done');
    // Before the page is recorded, which ends the window if it is empty and the last one.
    const windows =
      first && page.lookBack
        ? await addWindow(tx, page.window, page, page.lookBack)
        : await cutWindow(tx, page.window, page, first ? page.cut : undefined);
    return { count: await recordPage(tx, page), windows };
  });
}

/** Records the page unless another attempt has, or is just doing so: then it waits for that one. */
async function isFirst(tx: Queries, page: FetchedPage): Promise<boolean> {
  const rows = await tx.query(
    `insert into sync_pages (page_id, sync_id, window_id, cursor, next_cursor, state)
     values ($1, $2, $3, $4, $5, 'open') on conflict do nothing returning page_id`,
    [page.pageId, page.syncId, page.window.windowId, page.cursor, page.nextCursor],
  );
  return rows.length > 0;
}

/** Outcomes of a listing that went by the time of the charge: the event's own time overrules them. */
export const DECIDED_BY_TIME = `(p.state = 'before_since'
  or (p.state = 'quarantined' and p.reason = 'SUCCESS_TIME_UNKNOWN'))`;

/** Saved pages of this sync that the events of this page take a pay-in from: they count anew. */
async function pagesLosing(
  tx: Queries,
  page: FetchedPage,
  ids: readonly string[],
): Promise<string[]> {
  if (isListing(page.window.feed)) return [];
  const rows = await tx.query<{ pageId: string }>(
    `select distinct p.page_id as "pageId" from pay_ins p join sync_pages s using (page_id)
     where p.instance_id = $1 and p.payment_intent_id = any($2) and p.sync_id = $3
       and p.page_id <> $4 and s.state = 'done' and ${DECIDED_BY_TIME}`,
    [page.instanceId, ids, page.syncId, page.pageId],
  );
  return rows.map((row) => row.pageId);
}

/** Pages of two windows may overlap by rows, and are staged at the same time. */
function inLockOrder(payIns: readonly PayIn[]): PayIn[] {
  return [...payIns].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function upsertPayIns(
  tx: Queries,
  page: FetchedPage,
  payIns: readonly PayIn[],
): Promise<void> {
  if (payIns.length === 0) return;
  const { window } = page;
  await tx.query(
    `insert into pay_ins as p (instance_id, payment_intent_id, page_id, sync_id, listing_id, amount,
       currency, payer, payer_alias, created_s, succeeded_s, livemode, fault, charged_s, source_id, state)
     select $1, r.id, $2, $3, $4, r.amount, r.currency, r.payer, r.alias, r.created, r.succeeded,
       r.livemode, r.fault, r.charged, $15, 'staged'
     from unnest($5::text[], $6::numeric[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
       $11::boolean[], $12::text[], $14::bigint[], $16::text[])
       as r(id, amount, currency, payer, created, succeeded, livemode, fault, charged, alias)
     on conflict (instance_id, payment_intent_id) do update
       set page_id = excluded.page_id, sync_id = excluded.sync_id,
           listing_id = excluded.listing_id, amount = excluded.amount,
           currency = excluded.currency, payer = excluded.payer, created_s = excluded.created_s,
           -- Either id of the payer may be left out another time.
           payer_alias = coalesce(excluded.payer_alias,
             case when p.payer_alias = excluded.payer then p.payer else p.payer_alias end),
           -- What a person has closed is open again once Stripe says something else.
           closed_at = case when (p.amount, p.currency, p.livemode) is not distinct from
             (excluded.amount, excluded.currency, excluded.livemode) then p.closed_at end,
           -- An event is exact and never earlier than what a listing can tell.
           succeeded_s = greatest(excluded.succeeded_s, p.succeeded_s),
           charged_s = coalesce(excluded.charged_s, p.charged_s), source_id = excluded.source_id,
           livemode = excluded.livemode, fault = excluded.fault, state = 'staged',
           updated_at = now()
     where (p.sync_id <> excluded.sync_id
         and (p.state = 'staged' or ($13 and p.listing_id is distinct from excluded.listing_id)))
       or ($17 and p.page_id <> excluded.page_id and ${DECIDED_BY_TIME}
         and (p.succeeded_s is null or excluded.succeeded_s > p.succeeded_s))`,
    [
      page.instanceId,
      page.pageId,
      page.syncId,
      window.listingId ?? window.takesOver ?? page.syncId,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.amount?.toString() ?? null),
      payIns.map((payIn) => payIn.currency),
      payIns.map((payIn) => payIn.payer),
      payIns.map((payIn) => payIn.created),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.livemode),
      payIns.map((payIn) => payIn.fault),
      isListing(window.feed) || window.takesOver !== undefined,
      payIns.map((payIn) => payIn.chargedAt),
      window.sourceId,
      payIns.map((payIn) => payIn.payerAlias ?? null),
      !isListing(window.feed),
    ],
  );
}

/** Most pay-ins that one page of the backlog takes. */
const BACKLOG_PAGE = 100;

/**
 * A page of our own: rows that an ended sync left staged, and quarantined ones that are due again. The
 * ledger is asked about them, so a listing under way need not take them over once more.
 */
export async function claimBacklog(
  db: Db,
  page: Omit<FetchedPage, 'nextCursor' | 'answer'>,
): Promise<{ count: number; nextCursor: string | null }> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    const [owned] = await tx.query<{ count: number }>(
      'select count(*) as count from pay_ins where page_id = $1',
      [page.pageId],
    );
    if ((owned?.count ?? 0) === 0) {
      await tx.query(
        // Each set from its index, the oldest due first; locked as pages are, in the order of their ids.
        `with due as materialized (
           (select payment_intent_id as id from pay_ins
            where source_id = $4 and state = 'staged' and sync_id <> $2 limit ${BACKLOG_PAGE})
           union all
           (select payment_intent_id from pay_ins
            where source_id = $4 and state = 'quarantined' and retry_at <= now() and sync_id <> $2
            order by retry_at, payment_intent_id limit ${BACKLOG_PAGE})
           limit ${BACKLOG_PAGE}),
         locked as materialized (
           select p.payment_intent_id as id from pay_ins p
           where p.instance_id = $3 and p.payment_intent_id in (select id from due)
           order by p.payment_intent_id for update)
         update pay_ins p set page_id = $1, sync_id = $2, state = 'staged', updated_at = now(),
           listing_id = coalesce(s.listing_id, p.listing_id)
         from sources s, locked
         where p.instance_id = $3 and p.payment_intent_id = locked.id and s.source_id = $4
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
    `select exists (select 1 from pay_ins where source_id = $1 and state = 'staged' and sync_id <> $2)
       or exists (select 1 from pay_ins where source_id = $1 and state = 'quarantined'
         and retry_at <= now() and sync_id <> $2) as there`,
    [sourceId, syncId],
  );
  return row?.there ?? false;
}

/** Stages nothing itself: notes what the page holds, and how it goes on. */
async function recordPage(tx: Queries, page: FetchedPage): Promise<number> {
  const [rows] = await tx.query<{ count: number; staged: number }>(
    `select count(*) as count, count(*) filter (where state = 'staged') as staged
     from pay_ins where page_id = $1`,
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
 * Writes a page's counters from its pay-ins and moves its window on, in one transaction. A page that has
 * stepped aside counts what is handled so far, and is saved again.
 */
export async function savePage(db: Db, syncId: string, pageId: string): Promise<Counts> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    const [page] = await tx.query<{ windowId: string }>(
      'select window_id as "windowId" from sync_pages where page_id = $1 and sync_id = $2',
      [pageId, syncId],
    );
    if (!page) throw new Error(`page ${pageId} was never fetched`);
    const counts = await writeCounters(tx, pageId, 'done');
    await advanceWindow(tx, page.windowId);
    return counts;
  });
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
     from (select page_id, count(*) as count from pay_ins
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
): Promise<Counts> {
  // A retry that fails again was counted by the sync that set it aside.
  const rows = await tx.query<TallyRow>(
    `select i.state, i.currency, case when i.state = 'quarantined' then i.reason end as reason,
       count(*) as count, coalesce(sum(i.amount), 0)::text as amount,
       count(*) filter (where i.state = 'quarantined' and i.quarantined_by = p.sync_id) as newly
     from pay_ins i join sync_pages p using (page_id) join sync_windows w using (window_id)
     where i.page_id = $1 and i.state <> 'staged'
       and not (w.feed = 'backlog' and i.state = 'quarantined'
         and coalesce(i.quarantined_by <> p.sync_id, false))
     group by 1, 2, 3`,
    [pageId],
  );
  const { counts, newlyQuarantined, amounts, reasons } = tally(rows);
  await tx.query(
    `update sync_pages set state = $2, ${setCounts('$3')}, newly_quarantined = $4, amounts = $5,
       reasons = $6, saved_at = now(),
       aside = exists (select 1 from pay_ins where page_id = $1 and state = 'staged')
     where page_id = $1`,
    [pageId, state, counts, newlyQuarantined, amounts, reasons],
  );
  return counts;
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
