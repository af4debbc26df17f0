/** What follows from what Stripe, our record and the ledger say about one payment: one sentence. */
import { decide, type Found } from '../domain/decide';
import { judge, type PostingContext } from '../domain/posting';
import { REASONS, type ReasonCode } from '../domain/reasons';
import type { PayInRow } from '../store/pay-ins';
import type { StripeReader } from '../stripe/client';

export interface Evidence {
  readonly atStripe: Awaited<ReturnType<StripeReader['readPayIn']>>;
  readonly row: PayInRow | undefined;
  readonly found: Found;
}

export function reach({ atStripe, row, found }: Evidence, context: PostingContext): string {
  const held = [...found.values()].some((entry) => entry !== null);
  if (!atStripe) {
    return held
      ? 'The ledger holds it, but Stripe does not know it: another Stripe account booked it, or a person.'
      : 'Stripe does not know it (any more), so it cannot be posted.';
  }
  if (!atStripe.payIn) {
    return held
      ? `The ledger holds it although it has not succeeded at Stripe (${atStripe.status}).`
      : `Not a pay-in: only payments that succeeded are posted, and this one is ${atStripe.status}.`;
  }
  const judged = judge(atStripe.payIn, context);
  if (judged.kind === 'before_since') {
    return 'It succeeded before SYNC_SINCE, so it is counted and never posted.';
  }
  if (judged.kind === 'set_aside') return setAside(judged.reason);
  const decision = decide(judged.posting, found, context.syncId);
  switch (decision.kind) {
    case 'there':
      return 'In the ledger, with the amount, currency and payer that Stripe says.';
    case 'set_aside':
      return setAside(decision.reason);
    case 'post':
      return decision.reference === judged.posting.reference
        ? absent(row)
        : `${absent(row)} It was rejected in queued mode before, which uses the reference up: it goes under ${decision.reference}.`;
  }
}

function setAside(reason: ReasonCode): string {
  const { what, next } = REASONS[reason];
  return `Not posted: ${what} (${reason}). ${next}`;
}

/** Succeeded, in order, and not in the ledger. */
function absent(row: PayInRow | undefined): string {
  switch (row?.state) {
    case undefined:
      return 'Not posted yet: the next sync posts it, or `sync --payment` with its id does now.';
    case 'staged':
      return 'Not posted yet: it was read, and this sync or the next one posts it.';
    case 'quarantined':
      return row.reason === null
        ? 'It was set aside; `quarantine retry` tries again.'
        : setAside(row.reason);
    case 'posted':
    case 'already_posted':
      return 'It was in the ledger and is not any more: the ledger was set back, or is another one. `sync --payment` with its id posts it again.';
    case 'before_since':
      return 'It was counted as before SYNC_SINCE; `sync --payment` with its id decides anew.';
  }
}
