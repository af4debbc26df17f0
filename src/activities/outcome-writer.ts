/**
 * Writes outcomes as they become known, several at once while an earlier write is under way: one
 * statement per posting would cost more than the posting itself on the embedded database.
 */
import type { Db } from '../store/db';
import { writeOutcomes, type Outcome } from '../store/pay-ins';

export interface OutcomeWriter {
  add(outcome: Outcome): void;
  /** Resolves once everything added is written; @throws SyncError of the first failed write. */
  finish(): Promise<void>;
}

export function createOutcomeWriter(
  db: Db,
  page: { readonly syncId: string; readonly instanceId: string; readonly pageId: string },
): OutcomeWriter {
  let waiting: Outcome[] = [];
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0 && !failure) {
      const batch = waiting;
      waiting = [];
      try {
        await writeOutcomes(db, page, batch);
      } catch (error) {
        // Kept for `finish`: nobody awaits a write while postings go on.
        failure = { error };
      }
    }
    writing = undefined;
  }

  return {
    add(outcome) {
      waiting.push(outcome);
      writing ??= drain();
    },
    async finish() {
      await writing;
      if (failure) throw failure.error;
    },
  };
}
