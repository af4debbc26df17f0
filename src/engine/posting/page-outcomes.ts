/** What becomes of a page's pay-ins, each written as it is known. */
import type { Decision, Found } from '../../domain/decide';
import type { Posting } from '../../domain/posting';
import type { ReasonCode } from '../../domain/reasons';
import type { MovementOutcome } from '../../store/movements';
import type { Attempt } from '../attempt';
import type { OutcomeWriter } from './outcome-writer';

export type There = Extract<Decision, { kind: 'there' }>;

export interface PageOutcomes {
  applied(
    posting: Posting,
    booked: Pick<
      Extract<MovementOutcome, { readonly reference: string }>,
      'reference' | 'transactionId' | 'bookedAt'
    >,
  ): void;
  /** @param found undefined: the key may not look up */
  there(posting: Posting, decision: There, found: Found | undefined): void;
  setAside(movementId: string, reason: ReasonCode): void;
  beforeSince(movementId: string): void;
}

export function createPageOutcomes(writer: OutcomeWriter, attempt: Attempt): PageOutcomes {
  let handled = 0;
  const done = (outcome: MovementOutcome, binds: boolean) => {
    writer.add(outcome, binds);
    handled += 1;
    attempt.handled(handled);
  };
  return {
    applied({ movementId }, booked) {
      done({ kind: 'posted', movementId, ...booked }, true);
    },
    there({ movementId }, { ours, reference, transactionId }, found) {
      const entry = found?.get(reference);
      const { bookedAt = null, succeededAt = null } = entry ?? {};
      const kind = ours ? 'posted' : 'already_posted';
      // Whichever sync of ours has posted it did so by settings that bind.
      const binds = ours || typeof entry?.syncId === 'string';
      const between = { from: entry?.source ?? null, to: entry?.destination ?? null };
      const told = { bookedAt, succeededAt, between };
      done({ kind, movementId, reference, transactionId, ...told }, binds);
    },
    setAside(movementId, reason) {
      done({ kind: 'quarantined', movementId, reason }, false);
    },
    beforeSince(movementId) {
      done({ kind: 'before_since', movementId }, false);
    },
  };
}
