/**
 * How many postings are in flight to one ledger from this worker, and how fast they follow each other:
 * shared by all windows and pages of all instances at that address. It finds the ledger's limits by itself,
 * since a Core on a laptop, one in a rack and Cloud's gateway differ by far, and hardly any of them says.
 */
import pLimit from 'p-limit';
import { NOT_SENT, SyncError } from '../domain/errors';
import { createPace, type PaceOptions } from './pace';

export interface PostingLimit {
  /** How many may be in flight just now. */
  readonly width: number;
  /** Requests a second; Infinity: no limit is known. */
  readonly perSecond: number;
  /**
   * Runs `work` when its turn has come, in the order of asking, and again when it was one too many.
   * @param signal ends the waiting; with a SyncError as its reason it says that nothing was sent
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The same for what is no posting: it counts for the rate, and need not wait for a place. */
  ask<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface PostingLimitOptions {
  /** In flight at first. Default 8: from there on a Core with one hot balance is busy. */
  readonly start?: number;
  /** Most in flight. Default 16: above it a Core's postings only wait for the lock of the balance. */
  readonly max?: number;
  readonly pace?: PaceOptions;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
}

/** Postings may take this many times the shortest mean before more of them stop helping. */
const STILL_QUICK = 1.5;

/** From here on they wait for each other, and fewer come through as fast. */
const CROWDED = 2;

/** What gets no answer at all may be sick by itself: the others must not wait for it one by one. */
const LEAST_IN_SILENCE = 4;

/** How often a posting is sent that the ledger had no time for. It says nothing of the posting itself. */
const TRIES = 6;

/** The same for a question: whoever asks it has nothing to lose by asking later. */
const TRIES_OF_QUESTION = 3;

export function createPostingLimit(options: PostingLimitOptions = {}): PostingLimit {
  const { start = 8, max = 16, now = () => performance.now() } = options;
  const queue = pLimit(start);
  const pace = createPace({ ...options.pace, now });
  let quickestMs = Infinity;
  /** Since the width was last looked at. */
  let seen = { count: 0, totalMs: 0 };
  /** How often it was halved: of postings in flight together only the first one halves it. */
  let halvings = 0;

  /** A mean over one round of postings: single ones vary by far. */
  function answered(tookMs: number): void {
    seen = { count: seen.count + 1, totalMs: seen.totalMs + tookMs };
    const width = queue.concurrency;
    if (seen.count < width) return;
    const meanMs = seen.totalMs / seen.count;
    seen = { count: 0, totalMs: 0 };
    // Up to there a longer wait is no reason: a ledger with one hot balance takes longer from 2 on.
    if (width < start) {
      queue.concurrency = width + 1;
      return;
    }
    quickestMs = Math.min(meanMs, quickestMs);
    if (meanMs <= quickestMs * STILL_QUICK) queue.concurrency = Math.min(max, width + 1);
    else if (meanMs > quickestMs * CROWDED) queue.concurrency = Math.max(start, width - 1);
  }

  function pushedBack(halvingsBefore: number, least: number): void {
    if (halvingsBefore !== halvings) return;
    halvings += 1;
    // The ledger is not what it was.
    quickestMs = Infinity;
    seen = { count: 0, totalMs: 0 };
    const half = Math.max(least, Math.floor(queue.concurrency / 2));
    queue.concurrency = Math.min(queue.concurrency, half);
  }

  async function paced<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    await pace.turn(signal);
    const turnOf = pace.count;
    try {
      const result = await work();
      pace.succeeded();
      return result;
    } catch (error) {
      if (isLimited(error)) pace.limited(error, turnOf);
      throw error;
    }
  }

  async function placed<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const sending = { begun: false };
    const placedWork = queue(async () => {
      signal?.throwIfAborted();
      let begunAt = now();
      const halvingsBefore = halvings;
      try {
        const result = await paced(() => {
          sending.begun = true;
          begunAt = now();
          return work();
        }, signal);
        answered(now() - begunAt);
        return result;
      } catch (error) {
        const least = sending.begun ? leastAfter(error) : undefined;
        if (least !== undefined) pushedBack(halvingsBefore, least);
        throw error;
      }
    });
    try {
      return await untilAborted(placedWork, signal, () => sending.begun);
    } catch (error) {
      const unsent = !sending.begun && error instanceof SyncError && error === signal?.reason;
      throw unsent ? new SyncError(error.code, { ...error.details, cause: NOT_SENT }) : error;
    }
  }

  const repeated = async <T>(tries: number, once: () => Promise<T>): Promise<T> => {
    for (let nth = 1; ; nth += 1) {
      try {
        return await once();
      } catch (error) {
        if (!isLimited(error) || nth >= tries) throw error;
      }
    }
  };

  return {
    get width() {
      return queue.concurrency;
    },
    get perSecond() {
      return pace.perSecond;
    },
    run: (work, signal) => repeated(TRIES, () => placed(work, signal)),
    ask: (work, signal) => repeated(TRIES_OF_QUESTION, () => paced(work, signal)),
  };
}

/** What is sent ends by its own signal; what only waits for a place must not wait for those before it. */
function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  isSent: () => boolean,
): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const end = () => {
      if (!isSent()) reject(asError(signal.reason));
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function isLimited(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === 'BLNK_RATE_LIMITED';
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/**
 * Locked, limited or unanswered: each says that fewer at once would fare better.
 * @returns how many may be in flight in any case; undefined: it says nothing of that
 */
function leastAfter(error: unknown): number | undefined {
  if (!(error instanceof SyncError)) return undefined;
  if (error.code === 'BLNK_LOCKED' || error.code === 'BLNK_RATE_LIMITED') return 1;
  const isSilent = error.code === 'BLNK_UNAVAILABLE' && error.details['status'] === undefined;
  return isSilent ? LEAST_IN_SILENCE : undefined;
}
