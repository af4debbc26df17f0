/** The rows of `sync_windows`: what is planned, and up to which cursor everything in it is done. */
import { cutWindowIdOf, windowIdOf } from '../domain/ids';
import { FEEDS, type Feed } from '../domain/feeds';
import type { TailTimes, WindowPlan } from '../domain/window';
import type { Queries } from './db';

export interface WindowRow extends WindowPlan {
  readonly windowId: string;
  readonly syncId: string;
  readonly sourceId: string;
  readonly listingId: string | null;
  readonly cursor: string | null;
  /** The chain ends once a row created before this second was read; null: at the window's end. */
  readonly stop: number | null;
  readonly state: 'open' | 'done' | 'void';
  readonly firstAnswerAt: number | null;
  readonly restarts: number;
  /** The sync that may not read it, of rows of Stripe's balance; the next one tries again. */
  readonly givenUpBy: string | null;
}

/** Absent in a plan is null in the table. */
type Optional = 'paymentIntentId' | 'unreadFrom' | 'takesOver';

interface StoredWindow extends Omit<WindowRow, Optional> {
  readonly paymentIntentId: string | null;
  readonly unreadFrom: number | null;
  readonly takesOver: string | null;
}

const COLUMNS = `window_id as "windowId", sync_id as "syncId", source_id as "sourceId",
  listing_id as "listingId", feed, from_s as "from", to_s as "to", with_charge as "withCharge",
  payment_intent_id as "paymentIntentId", cursor, stop_s as stop, state, first_answer_at as "firstAnswerAt", restarts,
  unread_from_s as "unreadFrom", takes_over as "takesOver", given_up_by as "givenUpBy"`;

const ORDER = Object.entries(FEEDS)
  .map(([feed, { order }]) => `when '${feed}' then ${order}`)
  .join(' ');

export interface NewWindows {
  readonly syncId: string;
  readonly sourceId: string;
  readonly listingId: string | null;
  /** Tells plans of one sync apart: it plans again when its watermark turns out too old. */
  readonly round: number;
  readonly plans: readonly WindowPlan[];
}

/** Windows of one plan at most. */
export const ROUND = 1_000;

export function positionOf(round: number, index: number): number {
  return round * ROUND + index;
}

export async function insertWindows(tx: Queries, windows: NewWindows): Promise<void> {
  for (const [index, plan] of windows.plans.entries()) {
    await tx.query(
      `insert into sync_windows (window_id, sync_id, source_id, listing_id, feed, position,
         from_s, to_s, with_charge, payment_intent_id, unread_from_s, takes_over)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
      [
        windowIdOf(windows.syncId, plan.feed, plan.from, plan.to, windows.round),
        windows.syncId,
        windows.sourceId,
        windows.listingId,
        plan.feed,
        positionOf(windows.round, index),
        plan.from,
        plan.to,
        plan.withCharge,
        plan.paymentIntentId ?? null,
        plan.unreadFrom ?? null,
        plan.takesOver ?? null,
      ],
    );
  }
}

/** The first second that a listing window still has to read; null: no bound. */
export function floorOf({ stop, from }: Pick<WindowRow, 'stop' | 'from'>): number | null {
  return stop ?? from;
}

/**
 * Cuts a window while the page is staged, and returns the new one. A repeat of the page finds the one of
 * its first time. Whoever comes too late, with the window cut or ended by another attempt, cuts nothing.
 * @param window as it was when the page was asked for
 * @param cut first second that stays with it
 */
export async function cutWindow(
  tx: Queries,
  window: WindowRow,
  page: { readonly pageId: string; readonly syncId: string },
  cut: number | undefined,
): Promise<string[]> {
  const floor = floorOf(window);
  if (cut !== undefined && floor !== null) {
    await tx.query(
      `with cut as (
         update sync_windows set stop_s = $2
         where window_id = $1 and state = 'open' and stop_s is not distinct from $3
         returning source_id, listing_id, feed, position, with_charge)
       insert into sync_windows (window_id, sync_id, source_id, listing_id, feed, position,
         from_s, to_s, with_charge, cut_by)
       select $6, $4, source_id, listing_id, feed, position, $7, $8, with_charge, $5 from cut`,
      [
        window.windowId,
        cut,
        window.stop,
        page.syncId,
        page.pageId,
        cutWindowIdOf(page.pageId, floor),
        floor,
        cut - 1,
      ],
    );
  }
  return openWindowsOf(tx, page.pageId);
}

/**
 * Adds the window that a page has found to be due, and returns it if it is still to be read. A repeat of
 * the page finds the one of its first time.
 */
export async function addWindow(
  tx: Queries,
  { windowId, sourceId }: WindowRow,
  page: { readonly pageId: string; readonly syncId: string },
  { feed, from, to, withCharge }: WindowPlan & { readonly from: number },
): Promise<string[]> {
  await tx.query(
    `insert into sync_windows (window_id, sync_id, source_id, feed, position, from_s, to_s,
       with_charge, cut_by)
     select $1, $2, $3, $4, position, $6, $7, $8, $9 from sync_windows where window_id = $5
     on conflict do nothing`,
    [
      cutWindowIdOf(page.pageId, from),
      ...[page.syncId, sourceId, feed, windowId, from, to, withCharge, page.pageId],
    ],
  );
  return openWindowsOf(tx, page.pageId);
}

async function openWindowsOf(tx: Queries, pageId: string): Promise<string[]> {
  const rows = await tx.query<{ windowId: string }>(
    `select window_id as "windowId" from sync_windows where cut_by = $1 and state = 'open'`,
    [pageId],
  );
  return rows.map((row) => row.windowId);
}

/**
 * Open windows that this sync has to read: those it planned, and those of the listings under way. New
 * payments come before old trouble, which may keep a sync waiting.
 */
export async function openWindows(
  db: Queries,
  syncId: string,
  listingIds: readonly (string | null)[],
): Promise<WindowRow[]> {
  const rows = await db.query<StoredWindow>(
    // Each set from its own index of open windows: those that are done may be many.
    `select ${COLUMNS} from sync_windows where window_id in (
       select window_id from sync_windows where state = 'open' and sync_id = $1
       union select window_id from sync_windows where state = 'open' and listing_id = any($2::text[]))
       and given_up_by is distinct from $1
     order by case feed ${ORDER} end, position`,
    [syncId, listingIds.filter((one) => one !== null)],
  );
  return rows.map(toWindow);
}

/** @param feed default: of all */
export async function countWindows(db: Queries, syncId: string, feed?: Feed): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from sync_windows
     where sync_id = $1 and ($2::text is null or feed = $2)`,
    [syncId, feed ?? null],
  );
  return row?.count ?? 0;
}

export async function readWindow(db: Queries, windowId: string): Promise<WindowRow | undefined> {
  const [row] = await db.query<StoredWindow>(
    `select ${COLUMNS} from sync_windows where window_id = $1`,
    [windowId],
  );
  return row && toWindow(row);
}

/** What a tail that was read to its end has learned. */
export interface DoneTail extends TailTimes {
  readonly sourceId: string;
  /** It has read again what was read before, or has followed a listing. */
  readonly lookedBack: boolean;
}

/** This sync's last tail that was read to its end, with all that was cut off it: it gives the next watermark. */
export async function findDoneTail(
  tx: Queries,
  syncId: string,
  feed: Feed,
): Promise<DoneTail | undefined> {
  const [row] = await tx.query<DoneTail>(
    `select w.source_id as "sourceId", w.first_answer_at as "answeredAt",
       w.first_answer_db_s as database, w.newest_s as newest,
       w.unread_from_s is not null or w.takes_over is not null or exists (
         select 1 from sync_windows back where back.sync_id = w.sync_id and back.feed = w.feed
           and back.to_s is not null and back.state = 'done') as "lookedBack"
     from sync_windows w
     where w.sync_id = $1 and w.feed = $2 and w.to_s is null and w.state = 'done'
       and w.first_answer_at is not null
       -- Windows share the place of the one that they were cut off. What is void was read by nobody.
       and not exists (select 1 from sync_windows part where part.sync_id = w.sync_id
         and part.feed = w.feed and part.position = w.position and part.state <> 'done')
     order by w.position desc limit 1`,
    [syncId, feed],
  );
  return row;
}

/** What the first answer ever got for a window says about the time. */
export interface FirstAnswer {
  /** Stripe's time. */
  readonly answeredAt: number;
  /** In a tail: when the newest success happened. */
  readonly newest: number | null;
}

/** A repeated read keeps the earlier answer; what it shows that is newer is in the ledger as well. */
export async function rememberFirstAnswer(
  tx: Queries,
  windowId: string,
  { answeredAt, newest }: FirstAnswer,
): Promise<void> {
  await tx.query(
    `update sync_windows set first_answer_at = $2, newest_s = $3,
       first_answer_db_s = floor(extract(epoch from clock_timestamp()))::bigint
     where window_id = $1 and (first_answer_at is null or first_answer_at > $2)`,
    [windowId, answeredAt, newest],
  );
}

/** Moves the cursor over pages that are done, and ends the window after its last one. */
export async function advanceWindow(tx: Queries, windowId: string): Promise<void> {
  // Two pages that end at the same moment would each not see the other, and nobody would move on.
  await tx.query('select 1 from sync_windows where window_id = $1 for update', [windowId]);
  for (;;) {
    const [page] = await tx.query<{ nextCursor: string | null }>(
      `select p.next_cursor as "nextCursor" from sync_windows w
       join sync_pages p on p.window_id = w.window_id
         and coalesce(p.cursor, '') = coalesce(w.cursor, '')
       where w.window_id = $1 and w.state = 'open' and p.state = 'done' limit 1`,
      [windowId],
    );
    if (!page) return;
    if (page.nextCursor === null) {
      await tx.query(`update sync_windows set state = 'done' where window_id = $1`, [windowId]);
      return;
    }
    await tx.query('update sync_windows set cursor = $2 where window_id = $1', [
      windowId,
      page.nextCursor,
    ]);
  }
}

/** Places in Stripe's list that one second of Stripe's time has. */
const PLACES = 1_000_000;

/**
 * Places for rows of a window, which follow each other downwards: of two rows of one second, that is the older
 * one which is listed further down, and in a window that was read earlier.
 * @returns the lowest
 */
export async function takePlaces(
  tx: Queries,
  windowId: string,
  answeredAt: number,
  count: number,
): Promise<number> {
  const [row] = await tx.query<{ place: number }>(
    `update sync_windows set list_place = coalesce(list_place, $2::bigint) - $3::bigint
     where window_id = $1 returning list_place as place`,
    [windowId, answeredAt * PLACES, count],
  );
  if (!row) throw new Error(`window ${windowId} does not exist`);
  return row.place;
}

/**
 * Back to the window's start after Stripe forgot the cursor; returns how often that has happened. Its
 * pages are read again, so the old ones must not lead to the dead cursor.
 */
export async function restartWindow(tx: Queries, windowId: string): Promise<number> {
  await tx.query(
    `update sync_pages set state = 'partial' where window_id = $1 and state = 'done'`,
    [windowId],
  );
  const [row] = await tx.query<{ restarts: number }>(
    `update sync_windows set cursor = null, restarts = restarts + 1
     where window_id = $1 returning restarts`,
    [windowId],
  );
  return row?.restarts ?? 0;
}

/** Windows that only make sense in the sync that planned them end with it. */
export async function voidOwnWindows(tx: Queries, syncId: string): Promise<void> {
  await tx.query(
    `update sync_windows set state = 'void'
     where sync_id = $1 and state = 'open' and listing_id is null`,
    [syncId],
  );
}

function toWindow({ paymentIntentId, unreadFrom, takesOver, ...row }: StoredWindow): WindowRow {
  return {
    ...row,
    ...(paymentIntentId !== null && { paymentIntentId }),
    ...(unreadFrom !== null && { unreadFrom }),
    ...(takesOver !== null && { takesOver }),
  };
}
