/**
 * A pay-in: a PaymentIntent that succeeded, from the source balance to its payer. What Stripe sent ends in one
 * of three verdicts, never in a throw and never in a guess.
 */
import { balanceOf, plainBalanceOf, referenceOf } from '../ids';
import type { PayIn } from '../pay-in';
import { isPayerId } from '../payer';
import {
  isDatable,
  moneyOf,
  rfc3339,
  setAside,
  type Posting,
  type PostingContext,
  type PostingMetadata,
  type Verdict,
} from '../posting';
import type { Kind } from './kind';

/**
 * Seconds after which a charge has succeeded if it ever does: bank debits take up to 14 days, a capture
 * comes within 30.
 */
export const LATEST_SUCCESS = 45 * 24 * 60 * 60;

function judge(payIn: PayIn, context: PostingContext): Verdict {
  if (payIn.fault === 'OBJECT_UNREADABLE') return setAside(payIn.fault);
  if (payIn.created === null || payIn.livemode === null) return setAside('FIELDS_MALFORMED');
  if (![payIn.created, payIn.succeededAt ?? 0].every(isDatable))
    return setAside('FIELDS_MALFORMED');
  if (payIn.livemode !== context.livemode) return setAside('MODE_MISMATCH');
  const side = sideOf(payIn, context.since);
  if (side === 'before') return { kind: 'before_since' };
  if (side === 'unknown') {
    return context.eventsReachSince ? { kind: 'before_since' } : setAside('SUCCESS_TIME_UNKNOWN');
  }
  if (payIn.fault !== null) return setAside(payIn.fault);
  const money = moneyOf(payIn.amount, payIn.currency);
  if (typeof money === 'string') return setAside(money);
  if (payIn.payer !== null && !isPayerId(payIn.payer)) return setAside('PAYER_MALFORMED');
  return {
    kind: 'post',
    posting: {
      movementId: payIn.id,
      reference: referenceOf(payIn.id),
      ...money,
      source: context.balances.source,
      destination:
        payIn.payer === null ? context.balances.guest : balanceOf(payIn.payer, context.balances),
      description: 'Imported pay-in from Stripe',
      effectiveDate: rfc3339(datedAt(payIn.created, payIn.succeededAt, context.since)),
      metadata: metadataOf(payIn, payIn.livemode, context),
      ...otherNamesOf(payIn, context),
    },
  };
}

/**
 * On which side of the cut-over a payment has succeeded: of one that was created before it only the time
 * of its success tells. `unknown`: only an event can, and none was seen.
 * @param since Unix seconds; null = no cut-over
 */
export function sideOf(
  { created, succeededAt, chargedAt }: Pick<PayIn, 'created' | 'succeededAt' | 'chargedAt'>,
  since: number | null,
): 'before' | 'since' | 'unknown' {
  if (since === null || (created !== null && created >= since)) return 'since';
  if (succeededAt !== null) return succeededAt < since ? 'before' : 'since';
  if (chargedAt === null) return 'unknown';
  // What was charged since then has not succeeded earlier.
  if (chargedAt >= since) return 'since';
  return chargedAt < since - LATEST_SUCCESS ? 'before' : 'unknown';
}

/**
 * The time (Unix seconds) that a posting is dated: when the intent was created, but never before the
 * books begin. One that was created before SYNC_SINCE and paid after it is dated by its success.
 * `dated_s` in store/movements.ts is the same in SQL.
 */
function datedAt(created: number, succeededAt: number | null, since: number | null): number {
  return since === null || created >= since ? created : (succeededAt ?? created);
}

/** The second id of the intent's payer, and the names that earlier versions gave to both. */
function otherNamesOf(
  { payer, payerAlias }: PayIn,
  context: PostingContext,
): Pick<Posting, 'also'> {
  if (payer === null) return {};
  const ids = [payer, ...(payerAlias && isPayerId(payerAlias) ? [payerAlias] : [])];
  const own = balanceOf(payer, context.balances);
  const names = ids.flatMap((id) => [balanceOf(id, context.balances), plainBalanceOf(id) ?? own]);
  const also = {
    customerIds: ids.slice(1),
    destinations: [...new Set(names)].filter((name) => name !== own),
  };
  return also.destinations.length === 0 && also.customerIds.length === 0 ? {} : { also };
}

function metadataOf(payIn: PayIn, livemode: boolean, context: PostingContext): PostingMetadata {
  return {
    stripe_payment_intent_id: payIn.id,
    ...(payIn.payer !== null && { stripe_customer_id: payIn.payer }),
    stripe_sync: {
      ...(context.stripeAccount !== undefined && { account: context.stripeAccount }),
      livemode,
      sync_id: context.syncId,
      ...(payIn.succeededAt !== null && { succeeded_at: rfc3339(payIn.succeededAt) }),
    },
  };
}

export const payIn: Kind<PayIn> = { text: 'pay-in', judge };
