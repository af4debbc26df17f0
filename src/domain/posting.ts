/** One Blnk transaction, what it is made with, and what keeps a movement from becoming one. */
import type { BalanceNames } from './balances';
import { precisionOf } from './money';
import type { ReasonCode } from './reasons';

/** One Blnk transaction, of whatever kind of movement. */
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

/** An amount that Blnk holds exactly. */
export interface PostableMoney {
  /** Minor units, positive, at most Number.MAX_SAFE_INTEGER. */
  readonly amount: bigint;
  readonly currency: string;
  readonly precision: number;
}

/**
 * What every kind asks of its money.
 * @param amount minor units; null: it was not an exact integer
 * @param currency as Stripe writes it; null: none was told
 * @returns or the reason why it cannot be booked
 */
export function moneyOf(
  amount: bigint | null,
  currency: string | null,
): PostableMoney | ReasonCode {
  if (currency === null) return 'FIELDS_MALFORMED';
  const code = currency.toUpperCase();
  const precision = precisionOf(code);
  if (precision === undefined) return 'CURRENCY_UNKNOWN';
  if (amount === null) return 'AMOUNT_MISSING';
  if (amount === 0n) return 'AMOUNT_ZERO';
  if (amount < 0n) return 'AMOUNT_NOT_POSITIVE';
  if (amount > BigInt(Number.MAX_SAFE_INTEGER)) return 'AMOUNT_UNSAFE';
  return { amount, currency: code, precision };
}

export function setAside(reason: ReasonCode): Verdict {
  return { kind: 'set_aside', reason };
}

/** From 1970 to the end of 9999: beyond, RFC 3339 has no form, and JavaScript's Date throws. */
export function isDatable(seconds: number): boolean {
  return seconds >= 0 && seconds < 253_402_300_800;
}

/** Whole seconds: Stripe gives no fraction, and Blnk refuses epoch numbers. */
export function rfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
