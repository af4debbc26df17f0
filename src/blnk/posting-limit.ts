/**
 * How many postings are in flight to one ledger from this worker: shared by all windows and pages of all
 * instances at that address. It finds the ledger's limit by itself, since a Core on a laptop, one in a
 * rack and Cloud's gateway differ by far, and none of them says.
 */
import pLimit from 'p-limit';
import { SyncError } from '../domain/errors';

export interface PostingLimit {
  /** How many may be in flight just now. */
  readonly width: number;
  /** Runs `work` when its turn has come, in the order of asking. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface PostingLimitOptions {
  /** In flight at first. Default 8: from there on a Core with one hot balance is busy. */
  readonly start?: number;
  /** Most in flight. Default 16: above it a Core's postings only wait for the lock of the balance. */
  readonly max?: number;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
}

/** Postings may take this many times the shortest mean before more of them stop helping. */
const STILL_QUICK = 1.5;

/** From here on they wait for each other, and fewer come through as fast. */
const CROWDED = 2;

export function createPostingLimit(options: PostingLimitOptions = {}): PostingLimit {
  const { start = 8, max = 16, now = () => performance.now() } = options;
  const queue = pLimit(start);
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

  function pushedBack(halvingsBefore: number): void {
    if (halvingsBefore !== halvings) return;
    halvings += 1;
    // The ledger is not what it was.
    quickestMs = Infinity;
    seen = { count: 0, totalMs: 0 };
    queue.concurrency = Math.max(1, Math.floor(queue.concurrency / 2));
  }

  return {
    get width() {
      return queue.concurrency;
    },
    run: (work) =>
      queue(async () => {
        const begunAt = now();
        const halvingsBefore = halvings;
        try {
          const result = await work();
          answered(now() - begunAt);
          return result;
        } catch (error) {
          if (isPushBack(error)) pushedBack(halvingsBefore);
          throw error;
        }
      }),
  };
}

/** Locked, limited or unanswered: each says that fewer at once would fare better. */
function isPushBack(error: unknown): boolean {
  if (!(error instanceof SyncError)) return false;
  if (error.code === 'BLNK_LOCKED' || error.code === 'BLNK_RATE_LIMITED') return true;
  return error.code === 'BLNK_UNAVAILABLE' && error.details['status'] === undefined;
}
