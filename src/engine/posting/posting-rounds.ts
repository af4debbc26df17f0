/**
 * Posts a page's postings, several at a time, and tells a sick ledger from a sick posting. Failed ones
 * are tried again in rounds, under the same reference. The ledger is blamed only by what is asked of it
 * besides them: while it answers that, a refusal is the pay-in's own, and so is a failure among others
 * that get through. What is left says nothing yet, and its page is tried later.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { NOT_SENT, SyncError } from '../../domain/errors';
import type { Posting } from '../../domain/posting';
import type { ReasonCode } from '../../domain/reasons';
import type { OnPlaces } from './page-turns';

export interface Rounds {
  /** Resolves when the posting has an outcome. @throws SyncError when it has none yet */
  readonly attempt: (posting: Posting) => Promise<void>;
  /** The posting stays without success: set it aside. */
  readonly giveUp: (posting: Posting, reason: ReasonCode) => void;
  /** Resolves when the ledger answers something that has nothing to do with the postings. @throws SyncError */
  readonly signOfLife: () => Promise<void>;
  /** The first fault of all: from here on it counts what gets through. */
  readonly faulted: () => void;
  /** Whether anything has got through to this ledger since the first fault, on whatever page. */
  readonly gotThrough: () => Promise<boolean>;
  /** An earlier sync has tried it in vain: it cannot speak for the ledger any more. */
  readonly wasTried: (posting: Posting) => boolean;
  /** Asked of one that only waits, once nothing gets through any more. */
  readonly hasWaitedLongEnough: (posting: Posting) => Promise<boolean>;
  /** Milliseconds before each further round. */
  readonly waitsMs: readonly number[];
  readonly concurrency: number;
  /**
   * Takes a turn among the pages that are posted now, which says how many of the first round may be under way.
   * @returns ends it, once the last of that round has begun. Absent: nobody else posts
   */
  readonly takeTurn?: (onPlaces: OnPlaces) => () => void;
  /** How many in a row may wait in vain before the rest of a round is left out. Default: as many as are in flight. */
  readonly inVain?: number;
  /** Aborted with a SyncError, it ends the rounds: what is in flight has waited in vain. */
  readonly signal: AbortSignal;
}

/** A posting that has no outcome yet. */
export interface Left {
  readonly posting: Posting;
  readonly error: SyncError;
  /** It was sent; else what came before it waited in vain. */
  readonly tried: boolean;
}

interface Failure extends Left {
  /** Others had got through since the first fault when this attempt began. */
  readonly amongSuccesses: boolean;
}

/**
 * Milliseconds that the further rounds may have taken when another one begins. The first one does not count: what a
 * slow ledger takes for 500 postings says nothing of those that failed.
 */
const ROUNDS_MS = 60_000;

/**
 * @returns what is to be tried later
 * @throws SyncError of a sign of life, when the ledger is at fault
 */
export async function postInRounds(postings: readonly Posting[], rounds: Rounds): Promise<Left[]> {
  const tried = new Set<Posting>();
  let anyFault = false;
  let successesSinceFault = 0;

  /** Attempts each once; what fails is returned, in the order for the next round. */
  async function round(
    pending: readonly Posting[],
    inVain = rounds.inVain ?? rounds.concurrency,
    takeTurn?: Rounds['takeTurn'],
  ): Promise<Failure[]> {
    const limit = pLimit(rounds.concurrency);
    const endTurn = takeTurn?.((places) => (limit.concurrency = places));
    let begun = 0;
    const failures: Failure[] = [];
    const skipped: Failure[] = [];
    let waitedInARow = 0;
    let last: SyncError | undefined;
    let fatal: unknown;
    const one = async (posting: Posting) => {
      begun += 1;
      if (begun === pending.length) endTurn?.();
      if (fatal !== undefined) return;
      const amongSuccesses = successesSinceFault > 0;
      const skip = (error: SyncError) =>
        skipped.push({ posting, error, tried: tried.has(posting), amongSuccesses: false });
      if (rounds.signal.aborted) {
        if (rounds.signal.reason instanceof SyncError) skip(last ?? rounds.signal.reason);
        else fatal ??= rounds.signal.reason;
        return;
      }
      // As many as may be have waited in vain: the rest would only do the same.
      if (last && waitedInARow >= inVain) {
        skip(last);
        return;
      }
      try {
        await rounds.attempt(posting);
        waitedInARow = 0;
        if (anyFault) successesSinceFault += 1;
      } catch (error) {
        if (!(error instanceof SyncError) || !concernsPosting(error)) {
          fatal ??= error;
          return;
        }
        if (error.details['cause'] === NOT_SENT) {
          skip(error);
          return;
        }
        tried.add(posting);
        last = error;
        if (!anyFault) rounds.faulted();
        anyFault = true;
        waitedInARow = isPressure(error) ? waitedInARow + 1 : 0;
        failures.push({ posting, error, tried: true, amongSuccesses });
      }
    };
    await Promise.all(pending.map((posting) => limit(one, posting)));
    if (fatal !== undefined) throw asError(fatal);
    // The skipped ones go first: sick postings at the head of a page must not hide healthy ones.
    return [...skipped, ...failures];
  }

  async function allRounds(): Promise<Failure[]> {
    let failures = await round(postings, undefined, rounds.takeTurn);
    const againAt = performance.now();
    for (const waitMs of rounds.waitsMs) {
      if (failures.length === 0 || performance.now() - againAt > ROUNDS_MS) break;
      if (!(await pause(waitMs, rounds.signal))) break;
      failures = await round(failures.map(({ posting }) => posting));
    }
    const blameless = failures.filter(({ amongSuccesses }) => !amongSuccesses);
    if (successesSinceFault === 0 || blameless.length === 0 || rounds.signal.aborted) {
      return failures;
    }
    // The ledger came back in the middle of the last round: what failed before that says nothing.
    const again = await round(blameless.map(({ posting }) => posting));
    return [...failures.filter(({ amongSuccesses }) => amongSuccesses), ...again];
  }

  /** What failed in its own way must do so once more while the ledger is seen to be alive. */
  async function oneMore(doubtful: readonly Failure[]): Promise<Left[]> {
    if (doubtful.length === 0) return [];
    const again = await round(
      doubtful.map(({ posting }) => posting),
      doubtful.length,
    );
    if (again.length > 0) await rounds.signOfLife();
    return again.filter((failure) => {
      const sick = failure.tried && !isPressure(failure.error);
      if (sick) rounds.giveUp(failure.posting, reasonOf(failure.error));
      return !sick;
    });
  }

  const failures = await allRounds();
  if (failures.length === 0) return [];
  await rounds.signOfLife();
  const gotThrough = successesSinceFault > 0 || (await rounds.gotThrough());
  const left: Left[] = [];
  const doubtful: Failure[] = [];
  for (const failure of failures) {
    const { posting, error } = failure;
    if (!failure.tried) left.push(failure);
    else if (isRefusal(error)) rounds.giveUp(posting, 'BLNK_REFUSED');
    else if (isPressure(error)) {
      const isOver =
        !gotThrough && rounds.wasTried(posting) && (await rounds.hasWaitedLongEnough(posting));
      if (isOver) rounds.giveUp(posting, 'BLNK_FAILED');
      else left.push(failure);
    } else if (gotThrough || failures.length === 1 || rounds.wasTried(posting)) {
      doubtful.push(failure);
    } else left.push(failure);
  }
  return [...left, ...(await oneMore(doubtful))];
}

/** A refused key or a lost lease ends the page at once. */
function concernsPosting(error: SyncError): boolean {
  return error.retryable && error.side === 'blnk';
}

/**
 * A limit, a lock, no answer at all, or a service that says it has no time: none of them says anything
 * of the posting.
 */
export function isPressure(error: SyncError): boolean {
  if (error.code === 'BLNK_LOCKED' || error.code === 'BLNK_RATE_LIMITED') return true;
  if (error.code !== 'BLNK_UNAVAILABLE') return false;
  const { status } = error.details;
  return status === undefined || status === 503 || status === 504;
}

function isRefusal(error: SyncError): boolean {
  return error.code === 'BLNK_REFUSED';
}

function reasonOf(error: SyncError): ReasonCode {
  return isRefusal(error) ? 'BLNK_REFUSED' : 'BLNK_FAILED';
}

/** @returns false when there is no time left */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.reason instanceof SyncError) return false;
    throw error;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
