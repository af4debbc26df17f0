/** What a sync would do with one payment, from what all sides say about it. */
import { decideOpen, type Decision } from '../domain/decide';
import type { PayIn } from '../domain/pay-in';
import { sideOf } from '../domain/kinds/pay-in';
import { KINDS } from '../domain/kinds/table';
import type { Posting, PostingContext, Verdict } from '../domain/posting';
import type { ReasonCode } from '../domain/reasons';
import type { PayInRow } from '../store/movements';
import type { Evidence } from './evidence';

export type PaymentVerdict =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_succeeded'; readonly status: string }
  | { readonly kind: 'before_since' }
  /** When it succeeded decides, and only an event tells that, which the next sync reads. */
  | { readonly kind: 'undecided' }
  /** @param posting undefined: it cannot be made into one */
  | { readonly kind: 'set_aside'; readonly reason: ReasonCode; readonly posting?: Posting }
  | {
      readonly kind: 'there';
      readonly posting: Posting;
      readonly decision: Extract<Decision, { kind: 'there' }>;
    }
  | { readonly kind: 'post'; readonly posting: Posting; readonly reference: string };

export function verdictOf(
  { atStripe, row, found }: Evidence,
  context: PostingContext,
): PaymentVerdict {
  if (!atStripe) return { kind: 'unknown' };
  const { payIn, status } = atStripe;
  if (!payIn) return { kind: 'not_succeeded', status };
  const known = withKnownTimes(payIn, row);
  const judged = KINDS.pay_in.judge(known, context);
  const isBySide = judged.kind === 'before_since' || isTimeUnknown(judged);
  if (!row && isBySide && sideOf(known, context.since) === 'unknown') return { kind: 'undecided' };
  if (judged.kind !== 'post') return judged;
  const { posting } = judged;
  const decision = decideOpen(posting, found, context.syncId, row, row?.reference);
  switch (decision.kind) {
    case 'there':
      return { kind: 'there', posting, decision };
    case 'set_aside':
      return { ...decision, posting };
    case 'post':
      return { kind: 'post', posting, reference: decision.reference };
  }
}

function isTimeUnknown(judged: Verdict): boolean {
  return judged.kind === 'set_aside' && judged.reason === 'SUCCESS_TIME_UNKNOWN';
}

/** As staging does: events tell the time of a success exactly, and a person may have decided it. */
function withKnownTimes(payIn: PayIn, row: PayInRow | undefined): PayIn {
  const known = row?.succeededAt ?? null;
  const chargedAt = payIn.chargedAt ?? row?.chargedAt ?? null;
  if (known === null) return { ...payIn, chargedAt };
  return { ...payIn, chargedAt, succeededAt: Math.max(known, payIn.succeededAt ?? known) };
}
