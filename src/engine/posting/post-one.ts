/** One posting to the ledger, and what its answer says: done, set aside, or thrown as not known yet. */
import { decide, decideUnread } from '../../domain/decide';
import { SyncError } from '../../domain/errors';
import type { Ledger } from '../../domain/ledger';
import type { Posting } from '../../domain/posting';
import { lookUpAll } from './look-up';
import type { PageOutcomes } from './page-outcomes';

/** What our record says of a posting. */
type Known = NonNullable<Parameters<typeof decideUnread>[1]>;

export interface PostingPlace {
  readonly ledger: Ledger;
  readonly syncId: string;
  /** Whether the key may look things up. */
  readonly mayRead: boolean;
  readonly rowOf: ReadonlyMap<string, Known>;
  readonly outcomes: PageOutcomes;
}

/**
 * @param reference the posting's own, or its second one
 * @throws SyncError BLNK_* when there is no outcome yet
 */
export async function postOne(
  place: PostingPlace,
  posting: Posting,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, mayRead, outcomes } = place;
  const outcome = await ledger.post({ ...posting, reference }, signal);
  const { movementId } = posting;
  switch (outcome.kind) {
    case 'applied': {
      const { transactionId, bookedAt } = outcome;
      outcomes.applied(posting, { reference, transactionId, bookedAt });
      return;
    }
    case 'refused':
      throw new SyncError('BLNK_REFUSED', { status: 400 });
    case 'duplicate':
    case 'not_applied': {
      if (!mayRead) {
        const verdict = decideUnread(outcome.kind, place.rowOf.get(movementId));
        if (verdict.kind === 'there') outcomes.there(posting, verdict, undefined);
        else outcomes.setAside(movementId, verdict.reason);
        return;
      }
      const found = await lookUpAll(ledger, [posting.reference], signal, [reference]);
      const decision = decide(posting, found, place.syncId, reference);
      const first = reference === posting.reference;
      // Rejected in queued mode since it was looked up.
      if (first && decision.kind === 'post' && decision.reference !== reference) {
        return postOne(place, posting, decision.reference, signal);
      }
      if (decision.kind === 'there') outcomes.there(posting, decision, found);
      else if (decision.kind === 'set_aside') outcomes.setAside(movementId, decision.reason);
      else if (outcome.kind === 'not_applied') outcomes.setAside(movementId, 'NOT_APPLIED');
      // Taken, and yet not there: a read that lags behind. It is asked again.
      else throw new SyncError('BLNK_BAD_ANSWER', { status: 409 });
    }
  }
}
