/**
 * Writes outcomes as they become known, those of a quarter of a second in one transaction: one for each
 * posting would cost more than the posting itself. A worker that dies in between has booked what is not
 * written: the ledger tells, by the sync's id in its metadata.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../store/db';
import type { InstanceSettings } from '../../store/instances';
import { writeOutcomes, type MovementOutcome, type PageOfSource } from '../../store/movements';

export interface OutcomeWriter {
  /** @param binds the ledger holds it by our settings: from here on they are fixed */
  add(outcome: MovementOutcome, binds: boolean): void;
  /** Resolves once everything added is written; @throws SyncError of the first failed write. */
  finish(): Promise<void>;
}

/** Milliseconds. */
const GATHER_MS = 250;

export function createOutcomeWriter(
  db: Db,
  page: PageOfSource,
  settings: InstanceSettings & { readonly frozen: boolean },
): OutcomeWriter {
  let waiting: MovementOutcome[] = [];
  let frozen = settings.frozen;
  let binding = false;
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const finishing = deferred();

  async function drain(): Promise<void> {
    while (waiting.length > 0 && !failure) {
      await Promise.race([sleep(GATHER_MS), finishing.promise]);
      const batch = waiting;
      waiting = [];
      try {
        const freezes = binding && !frozen;
        await writeOutcomes(db, page, batch, freezes ? settings : undefined);
        frozen ||= freezes;
      } catch (error) {
        // Kept for `finish`: nobody awaits a write while postings go on.
        failure = { error };
      }
    }
    writing = undefined;
  }

  return {
    add(outcome, binds) {
      waiting.push(outcome);
      binding ||= binds;
      writing ??= drain();
    },
    async finish() {
      finishing.resolve();
      await writing;
      if (failure) throw failure.error;
    },
  };
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}
