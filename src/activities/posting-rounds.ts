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
  let pending = postings;
  let failures: Failure[] = [];
  let successesSinceFailure = 0;
  let fatal: unknown;

  for (const waitMs of [0, ...rounds.waitsMs]) {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: rounds.signal });
    failures = [];
    let inARow = 0;
    let last: SyncError | undefined;
    await Promise.all(
      pending.map((posting) =>
        limit(async () => {
          if (fatal !== undefined) return;
          // Everything in flight has failed: the rest of the round would only wait for the same.
          if (last && inARow >= rounds.concurrency) {
            failures.push({ posting, error: last });
            return;
          }
          try {
            await rounds.attempt(posting);
            inARow = 0;
            if (last || pending !== postings) successesSinceFailure += 1;
          } catch (error) {
            if (!(error instanceof SyncError) || !concernsPosting(error)) {
              fatal ??= error;
              return;
            }
            last = error;
            inARow += 1;
            failures.push({ posting, error });
          }
        }),
      ),
    );
    if (fatal !== undefined) throw asError(fatal);
    if (failures.length === 0) return;
    pending = failures.map((failure) => failure.posting);
  }

  const [first] = failures;
  if (first && rounds.mayBlameLedger && successesSinceFailure === 0 && isShared(failures)) {
    throw first.error;
  }
  for (const { posting, error } of failures) {
    rounds.giveUp(posting, error.code === 'BLNK_REFUSED' ? 'BLNK_REFUSED' : 'BLNK_FAILED');
  }
}

/** A refused key or a lost lease ends the page at once. */
function concernsPosting(error: SyncError): boolean {
  return error.retryable && error.code.startsWith('BLNK_');
}

/** One posting alone is to blame only if the ledger did answer it. */
function isShared(failures: readonly Failure[]): boolean {
  const [first, ...others] = failures;
  if (!first) return false;
  if (others.length === 0) return first.error.details['status'] === undefined;
  return others.every((failure) => failure.error.code === first.error.code);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
