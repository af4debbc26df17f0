/**
 * Which ranges of Stripe time a sync reads, and how far the watermark may move. All times are Unix
 * seconds of Stripe's clock (its Date header), never of this machine's.
 */

import { FEEDS, isTail, type Feed, type PayInFeed, type RowFeed } from './feeds';
import { LATEST_SUCCESS } from './kinds/pay-in';

export interface WindowPlan<Of extends Feed = Feed> {
  readonly feed: Of;
  /** Inclusive; null = no bound. */
  readonly from: number | null;
  /** Inclusive; null = no bound. */
  readonly to: number | null;
  /** Ask Stripe to include the latest charge: the only source of the time of success in a listing. */
  readonly withCharge: boolean;
  /** The PaymentIntent of a `payment_intent` window. */
  readonly paymentIntentId?: string;
  /** In a tail that looks back: what lies below was read before, and may be gone. Default: `from`. */
  readonly unreadFrom?: number;
  /** In the first tail after a listing: its id. The ledger decides about its rows as about the listing's. */
  readonly takesOver?: string;
}

/** It finds pay-ins at Stripe. */
export type PayInWindow = WindowPlan<PayInFeed>;

export function readsPayIns<Window extends WindowPlan>(
  window: Window,
): window is Window & PayInWindow {
  const { kind } = FEEDS[window.feed];
  return kind !== 'own' && kind !== 'rows';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Stripe opened in 2011; nothing was created before this. */
export const EARLIEST = Date.UTC(2010, 0, 1) / 1000;

const EVENTS = FEEDS.events.tail;

/** By the database's clock, which an idle run need not ask for; short of a day for a daily schedule. */
export const LOOK_BACK_EVERY = 20 * HOUR;

/** By Stripe's clock: whoever sees that the database's was wrong looks back in a window of its own. */
const LOOK_BACK_OVERDUE = 22 * HOUR;

/** Stripe's clock and the database's say the same time if they differ by no more. */
const AGREED = 2 * MINUTE;

/** How far ahead of the time Stripe's Date may be, where the database's clock does not bear it out. */
const DOUBTED = 7 * DAY;

/** The same for the start of a listing, which two answers give: its first tail reads the events of this. */
const DOUBTED_START = 6 * HOUR;

/** How a listing is planned. */
export interface ListingStart {
  /** Everything that was created up to then is listed. */
  readonly now: number;
  /** What succeeded after it is told by events. Not after `now`. */
  readonly startedAt: number;
}

/**
 * When a listing starts, by the Date of one answer where the database's clock agrees, else by two: a Date
 * that is ahead would leave out what succeeds between that time and its own.
 */
export function listingStart(answers: readonly number[], database: number): ListingStart {
  const now = Math.min(...answers);
  return { now, startedAt: agree(now, database) ? now : now - DOUBTED_START };
}

/** Whether Stripe's time is borne out by the database's. */
export function agree(answeredAt: number, database: number): boolean {
  return Math.abs(answeredAt - database) <= AGREED;
}

/**
 * Every PaymentIntent created up to the listing's first answer. With SYNC_SINCE: created since then, or
 * charged since then or shortly before, whenever it was created. What was charged when the first tail
 * begins, or later, has its event there.
 * @param readTo up to then everything was read, and the events since are gone: only what may have succeeded later
 *   is listed. null: everything
 */
export function planListing(
  start: ListingStart,
  since: number | null,
  readTo: number | null = null,
): PayInWindow[] {
  const { now, startedAt } = start;
  if (readTo !== null) return [afterPause(start, since, readTo)];
  if (since === null) return [listing(EARLIEST, now, false)];
  const to = tailStartOfListing(startedAt, since) - 1;
  const from = Math.max(EARLIEST, Math.min(since - LATEST_SUCCESS, to));
  const charged: PayInWindow = { feed: 'charges', from, to, withCharge: true };
  return since > now ? [charged] : [charged, listing(Math.max(since, EARLIEST), now, false)];
}

/**
 * Every payment charged since what was read, or so long before that it may have succeeded since: with or without a
 * row in Stripe's balance, whenever it was created.
 */
function afterPause(
  { now, startedAt }: ListingStart,
  since: number | null,
  readTo: number,
): PayInWindow {
  const to = since === null ? now : tailStartOfListing(startedAt, since) - 1;
  return { feed: 'charges', from: Math.min(listedAfterPause(readTo), to), to, withCharge: true };
}

/** From when on charges are listed, after a pause since `readTo`. */
export function listedAfterPause(readTo: number): number {
  return Math.max(EARLIEST, readTo - EVENTS.overlap - LATEST_SUCCESS);
}

/**
 * How far back the first tail of a listing reads: with a SYNC_SINCE the events that Stripe still has
 * tell exactly which of the payments created before it succeeded after it.
 */
export function tailStartOfListing(startedAt: number, since: number | null): number {
  const watermark = watermarkAfter(startedAt);
  if (since === null) return watermark;
  return Math.min(watermark, Math.max(since, startedAt - EVENTS.first));
}

/** A run over creation times: from inclusive, to exclusive. */
export function planRange(from: number, toExclusive: number, since: number | null): PayInWindow[] {
  return [listing(from, toExclusive - 1, since !== null && from < since)];
}

/** What one Stripe answer spans: creation times of its newest and its oldest row, whatever their status. */
export interface PageSpan {
  readonly newest: number;
  readonly oldest: number;
}

/** A half is worth a window of its own if it looks like this many pages: each costs part of a page. */
const PAGES_WORTH = 2;

/**
 * Cuts what a listing window has left below a page into two halves of time: the upper one stays with the
 * window, whose filter and cursor do not change, and the lower one becomes a window. A page tells how dense
 * its own time is, and nothing of a year ago: a half that turns out dense is cut again.
 * @param floor first second that the window still has to read
 * @param most seconds of the upper part
 * @param worth pages that a half must look like
 * @returns first second that stays with the window; undefined when the rest looks short
 */
export function cutBelow(
  floor: number,
  page: PageSpan,
  most = Infinity,
  worth = PAGES_WORTH,
): number | undefined {
  const seconds = page.oldest - floor + 1;
  const perPage = Math.max(1, page.newest - page.oldest);
  if (seconds < 2 * worth * perPage) return undefined;
  return page.oldest + 1 - Math.min(Math.ceil(seconds / 2), most);
}

/**
 * No upper bound: newest first, one chain, everything seen is handled.
 * @param how `lookBack`: read what was read before as well; `takesOver`: the listing that it follows
 */
export function planTail(
  watermark: number,
  how: { readonly lookBack?: boolean; readonly takesOver?: string | null } = {},
): PayInWindow {
  const { lookBack = false, takesOver = null } = how;
  return {
    feed: 'events',
    from: watermark - (lookBack ? EVENTS.lookBack : EVENTS.overlap),
    to: null,
    withCharge: false,
    ...(lookBack && { unreadFrom: watermark - EVENTS.overlap }),
    ...(takesOver !== null && { takesOver }),
  };
}

/** What a tail that has begun without it reads again in a window of its own. */
export function planLookBack(tail: WindowPlan): PayInWindow & { from: number; to: number } {
  const start = tail.from ?? 0;
  return {
    feed: 'events',
    from: start + EVENTS.overlap - EVENTS.lookBack,
    to: start - 1,
    withCharge: false,
  };
}

/**
 * Whether this tail turns out to be the one that has to look back, with its first answer.
 * @param last Stripe's time of the last one that did; null: none has
 */
export function isLookBackDue(tail: WindowPlan, last: number | null, answeredAt: number): boolean {
  const isPlain = isTail(tail.feed) && tail.to === null && tail.unreadFrom === undefined;
  if (!isPlain || tail.takesOver !== undefined) return false;
  // A time to come was given by a Date that was ahead.
  return last === null || Math.abs(answeredAt - last) >= LOOK_BACK_OVERDUE;
}

/** A debit moves the balance when it begins, weeks before it succeeds: from so long before the cut-over rows are read. */
const BEFORE_CUT_OVER = 45 * DAY;

export function rowsFrom(cutOver: number): number {
  return Math.max(EARLIEST, cutOver - BEFORE_CUT_OVER);
}

/**
 * All rows that moved the balance up to now, for the first time.
 * @param cutOver the opening balance holds what was before; null: nothing was
 */
export function planRows(now: number, cutOver: number | null): WindowPlan<RowFeed>[] {
  if (cutOver === null) return [rowsBetween(EARLIEST, now)];
  const before = {
    ...rowsBetween(rowsFrom(cutOver), Math.min(cutOver - 1, now)),
    feed: 'earlier_rows',
  } as const;
  return cutOver > now ? [before] : [before, rowsBetween(cutOver, now)];
}

/** Seconds from the cut-over on: what belongs to the time before it is listed by then. */
export const SETTLED = HOUR;

/** Those since, newest first. Until the cut-over has settled, what belongs to its last hour before as well. */
export function planLatestRows(
  watermark: number,
  cutOver: number | null,
): WindowPlan<'balance_transactions'> {
  const latest = watermark - EVENTS.overlap;
  const isSettled = cutOver === null || watermark >= cutOver + SETTLED;
  return rowsBetween(isSettled ? latest : Math.min(latest, cutOver - SETTLED), null);
}

function rowsBetween(from: number, to: number | null): WindowPlan<'balance_transactions'> {
  return { feed: 'balance_transactions', from, to, withCharge: false };
}

export function planFollowUps(): WindowPlan {
  return { feed: 'follow_ups', from: null, to: null, withCharge: false };
}

export function planBacklog(): WindowPlan {
  return { feed: 'backlog', from: null, to: null, withCharge: false };
}

/** @param withCharge false where nothing depends on the time of success: charges need a right more */
export function planPayment(paymentIntentId: string, withCharge = true): PayInWindow {
  return { feed: 'payment_intent', from: null, to: null, withCharge, paymentIntentId };
}

/** Where the next tail may start, given the Date of the first answer of a listing or a tail. */
export function watermarkAfter(firstAnswer: number): number {
  return firstAnswer - EVENTS.lag;
}

/** What a tail that was read to its end has learned about the time. */
export interface TailTimes {
  /** Date of its first answer. */
  readonly answeredAt: number;
  /** The database's time then; null: not noted. */
  readonly database: number | null;
  /** When the newest success that it was shown happened; null: it was shown none. */
  readonly newest: number | null;
}

/**
 * The watermark after a tail. One answer with a Date that is ahead would leave out what succeeds until
 * then. Where the database's clock does not agree nobody can tell which one is wrong, and the newest event
 * decides; an account without events moves on all the same, a week behind.
 */
export function watermarkAfterTail({ answeredAt, database, newest }: TailTimes): number {
  const believed = watermarkAfter(answeredAt);
  if (database === null || agree(answeredAt, database)) return believed;
  return Math.min(believed, Math.max(newest ?? 0, answeredAt - DOUBTED));
}

function listing(from: number, to: number, withCharge: boolean): PayInWindow {
  return { feed: 'payment_intents', from, to, withCharge };
}

/**
 * Whether a tail starts too long ago, or took so long that its oldest rows may have gone meanwhile.
 * @param cursor null: its first page
 */
export function isExpired(
  window: WindowPlan,
  cursor: string | null,
  answer: { readonly answeredAt: number; readonly nextCursor: string | null },
): boolean {
  // What was read before, and is read again, may be gone.
  const from = window.unreadFrom ?? window.from;
  if (!isTail(window.feed) || window.to !== null || from === null) return false;
  if (isAhead(window, answer.answeredAt)) return true;
  const age = answer.answeredAt - from;
  if (cursor === null && age > EVENTS.lifetime) return true;
  return answer.nextCursor === null && age > EVENTS.span;
}

/** Whether a tail starts in the future: by an earlier answer's time, so that rows may lie below its start. */
export function isAhead(window: WindowPlan, answeredAt: number): boolean {
  return answeredAt < (window.unreadFrom ?? window.from ?? answeredAt);
}
