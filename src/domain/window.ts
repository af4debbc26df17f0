/**
 * Which ranges of Stripe time a sync reads, and how far the watermark may move. All times are Unix
 * seconds of Stripe's clock (its Date header), never of this machine's.
 */

/** `backlog` is our own table: rows that an earlier run left staged, and quarantined ones due again. */
export type Feed = 'payment_intents' | 'events' | 'backlog' | 'payment_intent';

export interface WindowPlan {
  readonly feed: Feed;
  /** Inclusive; null = no bound. */
  readonly from: number | null;
  /** Inclusive; null = no bound. */
  readonly to: number | null;
  /** Ask Stripe to include the latest charge: the only source of the time of success in a listing. */
  readonly withCharge: boolean;
  /** The PaymentIntent of a `payment_intent` window. */
  readonly paymentIntentId?: string;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Stripe opened in 2011; nothing was created before this. */
export const EARLIEST = Date.UTC(2010, 0, 1) / 1000;

/** Stripe shows new rows seconds late, so a watermark stays this far behind the answer that gave it. */
const LAG = 1 * MINUTE;

/** Re-read before the watermark; importers that do not re-read lose rows at the edge. */
const OVERLAP = 10 * MINUTE;

/** Events vanish after 30 days. Past this age a watermark is not trusted and everything is listed. */
export const WATERMARK_LIFETIME = 25 * DAY;

/** A tail that ends further than this from its start may have lost its oldest events while reading. */
export const TAIL_SPAN = 29 * DAY;

/** Less than the 25 days after which a tail is not trusted, so that the overlap fits in. */
const FIRST_TAIL = 24 * DAY;

/** How long before SYNC_SINCE a payment may have been created that succeeds after it. */
const SINCE_LEAD = 90 * DAY;

/** Every PaymentIntent created up to `now`, the moment of the listing's first answer. */
export function planListing(now: number, since: number | null): WindowPlan[] {
  if (since === null) return [listing(EARLIEST, now, false)];
  const start = Math.max(EARLIEST, since - SINCE_LEAD);
  if (since > now) return [listing(Math.min(start, now), now, true)];
  const windows = [listing(start, since - 1, true), listing(Math.max(since, EARLIEST), now, false)];
  return windows.filter(({ from, to }) => (from ?? 0) <= (to ?? now));
}

/**
 * How far back the first tail of a listing reads: with a SYNC_SINCE the events that Stripe still has
 * tell exactly which of the payments created before it succeeded after it.
 */
export function tailStartOfListing(startedAt: number, since: number | null): number {
  const watermark = watermarkAfter(startedAt);
  if (since === null) return watermark;
  return Math.min(watermark, Math.max(since, startedAt - FIRST_TAIL));
}

/** A run over creation times: from inclusive, to exclusive. */
export function planRange(from: number, toExclusive: number, since: number | null): WindowPlan[] {
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
 * @returns first second that stays with the window; undefined when the rest looks short
 */
export function cutBelow(floor: number, page: PageSpan): number | undefined {
  const seconds = page.oldest - floor + 1;
  const perPage = Math.max(1, page.newest - page.oldest);
  if (seconds < 2 * PAGES_WORTH * perPage) return undefined;
  return page.oldest + 1 - Math.ceil(seconds / 2);
}

/** No upper bound: newest first, one chain, everything seen is handled. */
export function planTail(watermark: number): WindowPlan {
  return { feed: 'events', from: watermark - OVERLAP, to: null, withCharge: false };
}

export function planBacklog(): WindowPlan {
  return { feed: 'backlog', from: null, to: null, withCharge: false };
}

/** @param withCharge false where nothing depends on the time of success: charges need a right more */
export function planPayment(paymentIntentId: string, withCharge = true): WindowPlan {
  return { feed: 'payment_intent', from: null, to: null, withCharge, paymentIntentId };
}

/** Where the next tail may start, given the Date of the first answer of a listing or a tail. */
export function watermarkAfter(firstAnswer: number): number {
  return firstAnswer - LAG;
}

function listing(from: number, to: number, withCharge: boolean): WindowPlan {
  return { feed: 'payment_intents', from, to, withCharge };
}
