/**
 * From a pay-in to the Blnk transaction that books it, or to the reason why it cannot be booked. A total
 * function: whatever Stripe sent ends in one of three verdicts, never in a throw and never in a guess.
 */
import type { BalanceNames } from './balances';
import { balanceOf, plainBalanceOf, referenceOf } from './ids';
import { precisionOf } from './money';
import type { PayIn } from './pay-in';
import { isPayerId } from './payer';
import type { ReasonCode } from './reasons';

/** One Blnk transaction. Not specific to pay-ins: refunds, fees and payouts will have the same form. */
export interface Posting {
  /** What it books, as our own rows name it: of a pay-in its PaymentIntent. Never sent. */
  readonly movementId: string;
  readonly reference: string;
  /** Minor units, positive, at most Number.MAX_SAFE_INTEGER. */
  readonly amount: bigint;
  /** Minor units in one major unit. */
  readonly precision: number;
  /** Upper case: Blnk keeps "usd" and "USD" as two balances. */
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
  readonly description: string;
  /** RFC 3339, UTC. */
  readonly effectiveDate: string;
  readonly metadata: PostingMetadata;
  /** Other names of the same payer, under which it may have been booked. Never sent. */
  readonly also?: {
    readonly customerIds: readonly string[];
    readonly destinations: readonly string[];
  };
}

export interface PostingMetadata {
  readonly stripe_payment_intent_id: string;
  readonly stripe_customer_id?: string;
  /** Ours; Blnk asks each app for one top-level key. */
  readonly stripe_sync: {
    readonly account?: string;
    readonly livemode: boolean;
    readonly sync_id: string;
    readonly succeeded_at?: string;
  };
}

/** What a posting needs to know besides the pay-in. */
export interface PostingContext {
  readonly syncId: string;
  /** Absent when the key may not read its own account's id. */
  readonly stripeAccount?: string;
  readonly livemode: boolean;
  readonly balances: BalanceNames;
  /** Unix seconds; pay-ins that succeeded earlier are counted and never posted. null = post all. */
  readonly since: number | null;
  /**
   * The tail of this listing reads every success from `since` on, and an event overrules what is decided
   * here: without one, the payment succeeded earlier.
   */
  readonly eventsReachSince: boolean;
}

export type Verdict =
  | { readonly kind: 'post'; readonly posting: Posting }
  | { readonly kind: 'before_since' }
  | { readonly kind: 'set_aside'; readonly reason: ReasonCode };

/**
 * Seconds after which a charge has succeeded if it ever does: bank debits take up to 14 days, a capture
 * comes within 30.
 */
export const LATEST_SUCCESS = 45 * 24 * 60 * 60;

export function judge(payIn: PayIn, context: PostingContext): Verdict {
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
  if (payIn.currency === null) return setAside('FIELDS_MALFORMED');
  const currency = payIn.currency.toUpperCase();
  const precision = precisionOf(currency);
  if (precision === undefined) return setAside('CURRENCY_UNKNOWN');
  if (payIn.amount === null) return setAside('AMOUNT_MISSING');
  if (payIn.amount === 0n) return setAside('AMOUNT_ZERO');
  if (payIn.amount < 0n) return setAside('AMOUNT_NOT_POSITIVE');
  if (payIn.amount > BigInt(Number.MAX_SAFE_INTEGER)) return setAside('AMOUNT_UNSAFE');
  if (payIn.payer !== null && !isPayerId(payIn.payer)) return setAside('PAYER_MALFORMED');
  return {
    kind: 'post',
    posting: {
      movementId: payIn.id,
      reference: referenceOf(payIn.id),
      amount: payIn.amount,
      precision,
      currency,
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
 * `dated_s` in store/pay-ins.ts is the same in SQL.
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

function setAside(reason: ReasonCode): Verdict {
  return { kind: 'set_aside', reason };
}

/** From 1970 to the end of 9999: beyond, RFC 3339 has no form, and JavaScript's Date throws. */
function isDatable(seconds: number): boolean {
  return seconds >= 0 && seconds < 253_402_300_800;
}

/** Whole seconds: Stripe gives no fraction, and Blnk refuses epoch numbers. */
export function rfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
