/**
 * Posts a page's postings, several at a time, and tells a sick ledger from a sick posting. Failed ones
 * are tried again in rounds, under the same reference. What fails while others get through is that
 * pay-in's own fault; what fails like everything else is the ledger's, and the page is tried later.
 * A ledger that comes and goes does both at once, so nothing is blamed without a last attempt between
 * two signs of life.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { SyncError } from '../domain/errors';
import type { Posting } from '../domain/posting';
import type { ReasonCode } from '../domain/reasons';

export interface Rounds {
  /** Resolves when the posting has an outcome. @throws SyncError when it has none yet */
  readonly attempt: (posting: Posting) => Promise<void>;
  /** The posting stays without success: set it aside. */
  readonly giveUp: (posting: Posting, reason: ReasonCode) => void;
  /** Resolves when the ledger answers something that has nothing to do with the postings. @throws SyncError */
  readonly signOfLife: () => Promise<void>;
  /** Milliseconds before each further round. */
  readonly waitsMs: readonly number[];
  readonly concurrency: number;
  /**
   * Whether a fault shared by all may be blamed on the ledger. Not for pay-ins that failed before:
   * two of them alone on a page would look like a sick ledger for ever.
   */
  readonly mayBlameLedger: boolean;
  readonly signal: AbortSignal;
}

interface Failure {
  readonly posting: Posting;
  readonly error: SyncError;
  /** Others had got through since the first fault when this attempt began. */
  readonly amongSuccesses: boolean;
}

/** @throws SyncError of the ledger, when it and not a pay-in is at fault */
export async function postInRounds(postings: readonly Posting[], rounds: Rounds): Promise<void> {
  const tried = new Set<Posting>();
  let anyFault = false;
  let successesSinceFault = 0;

  /**
   * Attempts each once; what fails is returned, in the order for the next round.
   * @param inVain how many in a row may wait in vain before the rest is left out
   */
  async function round(
    pending: readonly Posting[],
    inVain = rounds.concurrency,
  ): Promise<Failure[]> {
    const limit = pLimit(rounds.concurrency);
    const failures: Failure[] = [];
    const skipped: Failure[] = [];
    let waitedInARow = 0;
    let last: SyncError | undefined;
    let fatal: unknown;
    const one = async (posting: Posting) => {
      if (fatal !== undefined) return;
      const amongSuccesses = successesSinceFault > 0;
      // As many as are in flight have waited in vain: the rest would only do the same.
      if (last && waitedInARow >= inVain) {
        skipped.push({ posting, error: last, amongSuccesses: false });
        return;
      }
      tried.add(posting);
      try {
        await rounds.attempt(posting);
        waitedInARow = 0;
        if (anyFault) successesSinceFault += 1;
      } catch (error) {
        if (!(error instanceof SyncError) || !concernsPosting(error)) {
          fatal ??= error;
          return;
        }
        last = error;
        anyFault = true;
        waitedInARow = isQuick(error) ? 0 : waitedInARow + 1;
        failures.push({ posting, error, amongSuccesses });
      }
    };
    await Promise.all(pending.map((posting) => limit(one, posting)));
    if (fatal !== undefined) throw asError(fatal);
    // The skipped ones go first: sick postings at the head of a page must not hide healthy ones.
    return [...skipped, ...failures];
  }

  /** Refusals say enough; what else is left must fail while the ledger is seen to be alive. */
  async function oneMore(left: readonly Failure[]): Promise<Failure[]> {
    const refusals = left.filter(({ error }) => isRefusal(error));
    const doubtful = left.filter(({ error }) => !isRefusal(error)).map(({ posting }) => posting);
    if (doubtful.length === 0) return refusals;
    await rounds.signOfLife();
    const again = await round(doubtful, doubtful.length);
    if (again.length > 0) await rounds.signOfLife();
    return [...refusals, ...again];
  }

  let failures = await round(postings);
  for (const waitMs of rounds.waitsMs) {
    if (failures.length === 0) return;
    await sleep(waitMs, undefined, { signal: rounds.signal });
    failures = await round(failures.map(({ posting }) => posting));
  }
  const blameless = failures.filter(({ amongSuccesses }) => !amongSuccesses);
  if (successesSinceFault > 0 && blameless.length > 0) {
    // The ledger came back in the middle of the last round: what failed before that says nothing.
    const again = await round(blameless.map(({ posting }) => posting));
    failures = [...failures.filter(({ amongSuccesses }) => amongSuccesses), ...again];
  }

  const [first] = failures;
  const untried = failures.some(({ posting }) => !tried.has(posting));
  const shared = successesSinceFault === 0 && isShared(failures);
  if (rounds.mayBlameLedger && first) {
    if (untried || shared) throw first.error;
    failures = await oneMore(failures);
  }
  for (const { posting, error } of failures) {
    rounds.giveUp(posting, isRefusal(error) ? 'BLNK_REFUSED' : 'BLNK_FAILED');
  }
}

/** A refused key or a lost lease ends the page at once. */
function concernsPosting(error: SyncError): boolean {
  return error.retryable && error.code.startsWith('BLNK_');
}

/** Blnk decides these at once; for a lock, a limit or no answer at all one waits. */
function isQuick(error: SyncError): boolean {
  const status = error.details['status'];
  return status !== undefined && status !== 423 && status !== 429;
}

/** One posting alone is to blame only if the ledger has looked at it. */
function isShared(failures: readonly Failure[]): boolean {
  const [first, ...others] = failures;
  if (!first) return false;
  if (others.length === 0) return !isQuick(first.error);
  // A ledger out of order says locked, limited and broken in turn; only a refusal is another way.
  return others.every((failure) => isRefusal(failure.error) === isRefusal(first.error));
}

function isRefusal(error: SyncError): boolean {
  return error.code === 'BLNK_REFUSED';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
