/**
 * Reads the windows of a sync: several at once, each by its own chain of pages, while the pages that
 * were fetched are sent. Free of Temporal, so that tests run it without a server.
 */
import type { WindowToRead } from '../engine/begin';
import type { FetchResult } from '../engine/reading/fetch-page';
import { FEEDS, type Feed } from '../domain/feeds';
import { createSlots } from './slots';

/** Listing windows read at once: Stripe's 25 requests a second of 0.3 s need 8 in flight all the time. */
const WINDOWS_AT_ONCE = 12;

/**
 * Requests for each window that is added, beyond the first ones. A window costs about one request that
 * one chain would not need: a listing of 100,000 rows takes at most an eighth more than the fewest,
 * however they lie (test/unit/reading.test.ts), and most densities need less than a twentieth more.
 */
const REQUESTS_A_WINDOW = 5;

/** Pages sent at once: while one waits for its last postings, the next ones fill the ledger. */
const SENT_AT_ONCE = 3;

/** Pages asked for, waiting or being sent, of up to 500 rows: a ledger slower than Stripe holds the reading back here. */
const PAGES_AT_ONCE = WINDOWS_AT_ONCE + SENT_AT_ONCE + 1;

export interface PageToSend {
  readonly feed: Feed;
  readonly pageId: string;
  readonly count: number;
}

export interface ReadSteps {
  /** @param mayCut a window may be added by cutting this one */
  fetch(window: WindowToRead, cursor: string | null, mayCut: boolean): Promise<FetchResult>;
  /** Sends a page and saves its record. */
  handle(page: PageToSend): Promise<void>;
  /** Whether no further page should be asked for in this history. */
  isFull(): boolean;
  onFeed(feed: Feed): void;
}

/**
 * `done`: everything is read and handled. `expired`: events may be gone by now, plan again. `full`: what
 * was under way is handled, and the rest is for another history.
 * @throws the first failure of a step, when nothing is under way any more
 */
export type ReadOutcome = 'done' | 'expired' | 'full';

/** Feeds follow each other: the events of a tail overrule what a listing could not date. */
export async function readWindows(
  windows: readonly WindowToRead[],
  steps: ReadSteps,
): Promise<ReadOutcome> {
  for (const feed of new Set(windows.map((window) => window.feed))) {
    steps.onFeed(feed);
    const outcome = await readFeed(
      windows.filter((window) => window.feed === feed),
      steps,
    );
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

/**
 * The first page of a window cuts nothing, since most windows end with it. Steps of rows of the balance post what they
 * have read: until there is a second window, nothing is posted while the first one is read.
 */
function isWorthCutting({ feed }: WindowToRead, cursor: string | null): boolean {
  return cursor !== null || FEEDS[feed].kind === 'rows';
}

async function readFeed(windows: readonly WindowToRead[], steps: ReadSteps): Promise<ReadOutcome> {
  const pages = createSlots(PAGES_AT_ONCE);
  const sends = createSlots(SENT_AT_ONCE);
  const waiting = [...windows];
  const underWay = new Set<Promise<void>>();
  let chains = 0;
  let requests = 0;
  let added = 0;
  /** Pages under way that may add a window. */
  let offered = 0;
  let ended: ReadOutcome | undefined;
  /** The first work that has failed: awaiting it throws its error. */
  let failed: Promise<void> | undefined;
  const isOver = () => ended !== undefined || failed !== undefined;

  /** Runs beside the others; `readFeed` waits for all of them. */
  function begin(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch(() => void (failed ??= work))
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  function beginChains(): void {
    while (chains < WINDOWS_AT_ONCE && !isOver()) {
      const window = waiting.shift();
      if (!window) return;
      chains += 1;
      begin(
        readChain(window).finally(() => {
          chains -= 1;
          beginChains();
        }),
      );
    }
  }

  async function readChain(window: WindowToRead): Promise<void> {
    let { cursor } = window;
    for (;;) {
      await pages.take();
      if (!isOver() && steps.isFull()) ended = 'full';
      if (isOver()) {
        pages.release();
        return;
      }
      const page = await fetchPage(window, cursor, isWorthCutting(window, cursor) && hasPlace());
      if (page.kind === 'page' && page.count > 0) begin(handle({ ...page, feed: window.feed }));
      else pages.release();
      switch (page.kind) {
        case 'expired':
          ended ??= 'expired';
          return;
        case 'restart':
          cursor = null;
          break;
        case 'page':
          added += page.windows.length;
          waiting.push(...page.windows.map((windowId) => ({ ...window, windowId, cursor: null })));
          beginChains();
          if (page.nextCursor === null) return;
          cursor = page.nextCursor;
      }
    }
  }

  /** Each page adds one window at most: which of those under way will turn out dense is not known. */
  function hasPlace(): boolean {
    const worth = WINDOWS_AT_ONCE + Math.floor(requests / REQUESTS_A_WINDOW);
    return chains + waiting.length + offered < WINDOWS_AT_ONCE && added + offered < worth;
  }

  async function fetchPage(
    window: WindowToRead,
    cursor: string | null,
    mayCut: boolean,
  ): Promise<FetchResult> {
    requests += 1;
    offered += Number(mayCut);
    try {
      const page = await steps.fetch(window, cursor, mayCut);
      if (page.kind === 'page') requests += (page.answers ?? 1) - 1;
      return page;
    } catch (error) {
      pages.release();
      throw error;
    } finally {
      offered -= Number(mayCut);
    }
  }

  async function handle(page: PageToSend): Promise<void> {
    await sends.take();
    try {
      if (!failed) await steps.handle(page);
    } finally {
      sends.release();
      pages.release();
    }
  }

  beginChains();
  while (underWay.size > 0) await Promise.all(underWay);
  await failed;
  return ended ?? 'done';
}
