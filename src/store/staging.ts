/** The staging of pay-ins, and which page owns one (docs/store.md). */
import { isListing } from '../domain/feeds';
import type { PayIn } from '../domain/pay-in';
import type { planLookBack } from '../domain/window';
import type { Db, Queries } from './db';
import { ofOtherLedger } from './outcome-columns';
import { recordPage, writeCounters, type NewPage } from './pages';
import { assertOpen } from './syncs';
import { addWindow, cutWindow, type WindowRow } from './windows';

export interface FetchedPage extends NewPage {
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

/**
 * Stages pay-ins that rows of the balance have led to, for the page of those rows, which is recorded with them. As in
 * a listing the ledger decides what is there.
 */
export async function stageFound(
  db: Db,
  page: Pick<NewPage, 'pageId' | 'syncId' | 'instanceId' | 'window'>,
  payIns: readonly PayIn[],
): Promise<void> {
  const window: WindowRow = { ...page.window, feed: 'payment_intent' };
  await db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    await upsertPayIns(tx, { ...page, window }, inLockOrder(payIns));
  });
}

/** Records the page unless another attempt has, or is just doing so: then it waits for that one. */
export async function isFirst(tx: Queries, page: NewPage): Promise<boolean> {
  const rows = await tx.query(
    `insert into sync_pages (page_id, sync_id, window_id, cursor, next_cursor, state)
     values ($1, $2, $3, $4, $5, 'open') on conflict do nothing returning page_id`,
    [page.pageId, page.syncId, page.window.windowId, page.cursor, page.nextCursor],
  );
  return rows.length > 0;
}

/** What says whose pay-ins a window takes. */
type Claiming = Pick<WindowRow, 'feed' | 'listingId' | 'takesOver'>;

/** @param syncId for a window that is part of no listing */
function claimOf({ feed, listingId, takesOver }: Claiming, syncId: string) {
  return {
    /** As its rows carry it. */
    listing: listingId ?? takesOver ?? syncId,
    /** In listings, and in the first tail after one, the ledger decides what is there, never our own row. */
    takesOver: isListing(feed) || takesOver !== undefined,
    isEvent: !isListing(feed),
  };
}

/** Whether a row `p` of another sync goes to the page that sees it: nobody has handled it, or not this listing. */
const isOpenTo = (takesOver: string, listing: string) =>
  `(p.state = 'staged' or (${takesOver} and p.listing_id is distinct from ${listing}))`;

/** Outcomes of a listing that went by the time of the charge: the event's own time overrules them. */
const DECIDED_BY_TIME = `(p.state = 'before_since'
  or (p.state = 'quarantined' and p.reason = 'SUCCESS_TIME_UNKNOWN'))`;

/** Whether the event of a success tells more than what the row `p` of another page was decided by. */
const isOverruled = (isEvent: string, succeeded: string) =>
  `(${isEvent} and ${DECIDED_BY_TIME} and (p.succeeded_s is null or ${succeeded} > p.succeeded_s))`;

/** Saved pages of this sync that the events of this page take a pay-in from: they count anew. */
async function pagesLosing(
  tx: Queries,
  page: FetchedPage,
  ids: readonly string[],
): Promise<string[]> {
  if (isListing(page.window.feed)) return [];
  const rows = await tx.query<{ pageId: string }>(
    `select distinct p.page_id as "pageId" from movements p join sync_pages s using (page_id)
     where p.instance_id = $1 and p.movement_id = any($2) and p.sync_id = $3
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
  page: Pick<NewPage, 'pageId' | 'syncId' | 'instanceId' | 'window'>,
  payIns: readonly PayIn[],
): Promise<void> {
  if (payIns.length === 0) return;
  const { listing, takesOver, isEvent } = claimOf(page.window, page.syncId);
  await tx.query(
    `insert into movements as p (instance_id, movement_id, kind, page_id, sync_id, listing_id, amount,
       currency, payer, payer_alias, created_s, succeeded_s, livemode, fault, charged_s, source_id, charge_id, state)
     select $1, r.id, 'pay_in', $2, $3, $4, r.amount, r.currency, r.payer, r.alias, r.created, r.succeeded,
       r.livemode, r.fault, r.charged, $15, r.charge, 'staged'
     from unnest($5::text[], $6::numeric[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
       $11::boolean[], $12::text[], $14::bigint[], $16::text[], $18::text[])
       as r(id, amount, currency, payer, created, succeeded, livemode, fault, charged, alias, charge)
     on conflict (instance_id, movement_id) do update
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
           charged_s = coalesce(excluded.charged_s, p.charged_s),
           charge_id = coalesce(excluded.charge_id, p.charge_id), source_id = excluded.source_id,
           livemode = excluded.livemode, fault = excluded.fault, ${ofOtherLedger('excluded.source_id')}, state = 'staged',
           updated_at = now()
     where (p.sync_id <> excluded.sync_id and ${isOpenTo('$13', 'excluded.listing_id')})
       or (p.page_id <> excluded.page_id and ${isOverruled('$17', 'excluded.succeeded_s')})`,
    [
      page.instanceId,
      page.pageId,
      page.syncId,
      listing,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.amount?.toString() ?? null),
      payIns.map((payIn) => payIn.currency),
      payIns.map((payIn) => payIn.payer),
      payIns.map((payIn) => payIn.created),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.livemode),
      payIns.map((payIn) => payIn.fault),
      takesOver,
      payIns.map((payIn) => payIn.chargedAt),
      page.window.sourceId,
      payIns.map((payIn) => payIn.payerAlias ?? null),
      isEvent,
      payIns.map((payIn) => payIn.chargeId ?? null),
    ],
  );
}

export interface KnownPayIn {
  readonly id: string;
  /** Staging would pass it over, because it has an outcome already. */
  readonly handled: boolean;
  /** With what was known of it before, as staging keeps it. */
  readonly succeededAt: number | null;
  readonly chargedAt: number | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
}

/**
 * Those of these pay-ins that have a row, and what staging them for a new sync would make of it.
 * @param window by which they were read
 */
export async function knownPayIns(
  db: Db,
  instanceId: string,
  window: Claiming,
  payIns: readonly PayIn[],
): Promise<KnownPayIn[]> {
  const { listing, takesOver, isEvent } = claimOf(window, '');
  return db.query(
    `select r.id, greatest(r.succeeded, p.succeeded_s) as "succeededAt",
       coalesce(r.charged, p.charged_s) as "chargedAt",
       p.closed_at as "closedAt", p.closed_by as "closedBy", p.reason, p.reference,
       not coalesce(${isOpenTo('$5', '$6::text')} or ${isOverruled('$7', 'r.succeeded')}, false) as handled
     from movements p join unnest($2::text[], $3::bigint[], $4::bigint[])
       as r(id, succeeded, charged) on p.movement_id = r.id
     where p.instance_id = $1`,
    [
      instanceId,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.chargedAt),
      takesOver,
      listing,
      isEvent,
    ],
  );
}
