/**
 * Posts a page's postings, several at a time, and tells a sick ledger from a sick posting. Failed ones
 * are tried again in rounds, under the same reference. What fails while others get through is that
 * pay-in's own fault; what fails like everything else is the ledger's, and the page is tried later.
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
}

/** @throws SyncError of the ledger, when it and not a pay-in is at fault */
export async function postInRounds(postings: readonly Posting[], rounds: Rounds): Promise<void> {
  const limit = pLimit(rounds.concurrency);
  const tried = new Set<Posting>();
  let pending = postings;
  let failures: Failure[] = [];
  let successesSinceFailure = 0;
  let fatal: unknown;

  for (const waitMs of [0, ...rounds.waitsMs]) {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: rounds.signal });
    failures = [];
    const skipped: Failure[] = [];
    let waitedInARow = 0;
    let last: SyncError | undefined;
    await Promise.all(
      pending.map((posting) =>
        limit(async () => {
          if (fatal !== undefined) return;
          // Everything in flight has waited in vain: the rest of the round would only do the same.
          if (last && waitedInARow >= rounds.concurrency) {
            skipped.push({ posting, error: last });
            return;
          }
          tried.add(posting);
          try {
            await rounds.attempt(posting);
            waitedInARow = 0;
            if (last || pending !== postings) successesSinceFailure += 1;
          } catch (error) {
            if (!(error instanceof SyncError) || !concernsPosting(error)) {
              fatal ??= error;
              return;
            }
            last = error;
            waitedInARow = isQuick(error) ? 0 : waitedInARow + 1;
            failures.push({ posting, error });
          }
        }),
      ),
    );
    if (fatal !== undefined) throw asError(fatal);
    // The skipped ones go first: sick postings at the head of a page must not hide healthy ones.
    failures = [...skipped, ...failures];
    if (failures.length === 0) return;
    pending = failures.map((failure) => failure.posting);
  }

  const [first] = failures;
  const untried = pending.some((posting) => !tried.has(posting));
  const shared = successesSinceFailure === 0 && isShared(failures);
  if (first && rounds.mayBlameLedger && (untried || shared)) throw first.error;
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
