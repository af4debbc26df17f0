/**
 * The feeds that a sync reads, and what makes each special. A further one is a line here, how it is read
 * (stripe/feeds.ts), and a row in docs/architecture.md. Spans of time are seconds of Stripe's clock.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface FeedRules {
  /** What people read while it is read. */
  readonly text: string;
  /** Feeds follow each other in this order: the events of a tail overrule what a listing could not date. */
  readonly order: number;
  /**
   * `listing`: rows by their own time, in windows that are cut while they are dense; the ledger decides what is
   * there, never our own row. `tail`: what is new since a watermark, newest first, one chain. `one`: a listing
   * of a single row. `rows`: what moved Stripe's balance, read and booked in one step; a window with an end is
   * cut as a listing's, one without is a tail. `own`: our own table, which asks nobody.
   */
  readonly kind: 'listing' | 'tail' | 'one' | 'rows' | 'own';
  /** It is long and can wait: what others have to do comes first on a busy worker. */
  readonly background: boolean;
  /** Of a tail. */
  readonly tail?: TailRules;
}

export interface TailRules {
  /** Stripe shows new rows seconds late, so a watermark stays this far behind the answer that gave it. */
  readonly lag: number;
  /** Re-read before the watermark; importers that do not re-read lose rows at the edge. */
  readonly overlap: number;
  /** Re-read once a day: a row may be listed an hour late, or after an outage of Stripe's a day late. */
  readonly lookBack: number;
  /** Rows vanish after 30 days. Past this age a watermark is not trusted and everything is listed. */
  readonly lifetime: number;
  /** A tail that ends further than this from its start may have lost its oldest rows while reading. */
  readonly span: number;
  /** How far back the first one after a listing reads at most: the lifetime without the overlap, and more. */
  readonly first: number;
}

const EVENTS = {
  lag: 1 * MINUTE,
  overlap: 10 * MINUTE,
  lookBack: 3 * DAY,
  lifetime: 25 * DAY,
  span: 29 * DAY,
  first: 24 * DAY,
} satisfies TailRules;

export const FEEDS = {
  /** PaymentIntents by the time they were created. */
  payment_intents: { text: 'full listing', order: 1, kind: 'listing', background: true },
  /** PaymentIntents by the time of their charge, whatever their own age. */
  charges: { text: 'charges since the cut-over', order: 1, kind: 'listing', background: true },
  /** One PaymentIntent by its id. */
  payment_intent: { text: 'one payment', order: 1, kind: 'one', background: false },
  /** PaymentIntents by the time they succeeded, for the last 30 days. */
  events: { text: 'latest successes', order: 2, kind: 'tail', background: false, tail: EVENTS },
  /**
   * What moved Stripe's balance shortly before the cut-over, read once: what follows it later, as the failure of a
   * debit, is booked by what is known of it.
   */
  earlier_rows: { text: 'movements before the cut-over', order: 3, kind: 'rows', background: true },
  /** Everything that moved Stripe's balance, by the time it was created: it checks and completes the pay-ins. */
  balance_transactions: { text: 'all movements', order: 4, kind: 'rows', background: true },
  /** Rows that an earlier run left staged, and those set aside that are due again: old trouble comes last. */
  backlog: { text: 'left over and due again', order: 5, kind: 'own', background: false },
  /** Legs that follow a row once more is known: when its pay-in is booked, when a dispute is final. */
  follow_ups: { text: 'what follows', order: 6, kind: 'own', background: false },
} as const satisfies Record<string, FeedRules>;

export type Feed = keyof typeof FEEDS;

/** Those that Stripe is asked for, and that find pay-ins. */
export type PayInFeed = Exclude<Feed, RowFeed | 'backlog' | 'follow_ups'>;

/** Those that read the rows of Stripe's balance. */
export type RowFeed = 'earlier_rows' | 'balance_transactions';

export const ROW_FEEDS: readonly RowFeed[] = ['earlier_rows', 'balance_transactions'];

/** Whether the ledger, and not our own row, decides about what it shows. */
export function isListing(feed: Feed): boolean {
  return FEEDS[feed].kind === 'listing' || FEEDS[feed].kind === 'one';
}

export function isTail(feed: Feed): boolean {
  return FEEDS[feed].kind === 'tail';
}
