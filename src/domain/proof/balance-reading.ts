/** What Stripe said that its balance was, and when: the witness that our rows are held against. */

/** The only type of balance that the source balance in the ledger mirrors. */
export const PAYMENTS = 'payments';

export interface BalancePart {
  /** Stripe's word (open list): payments, issuing, risk_reserved, … */
  readonly type: string;
  /** As Stripe writes it, in lower case. */
  readonly currency: string;
  /** Minor units; either may be negative. */
  readonly available: bigint;
  readonly pending: bigint;
}

export interface BalanceReading {
  /** Unix seconds, of the Date header of Stripe's answer. */
  readonly at: number;
  readonly parts: readonly BalancePart[];
}

export interface Held {
  readonly available: bigint;
  readonly pending: bigint;
}

/**
 * Stripe leaves out a currency without money: what is absent is zero.
 * @param currency in upper case; the ledger's "usd" is another balance, of which Stripe holds nothing
 */
export function heldIn(
  { parts }: Pick<BalanceReading, 'parts'>,
  currency: string,
  type = PAYMENTS,
): Held {
  const own = parts.filter(
    (part) => part.type === type && part.currency.toUpperCase() === currency,
  );
  return {
    available: own.reduce((sum, { available }) => sum + available, 0n),
    pending: own.reduce((sum, { pending }) => sum + pending, 0n),
  };
}

export function totalOf({ available, pending }: Held): bigint {
  return available + pending;
}

/**
 * The currencies that a proof has to look at, in upper case. One that Stripe does not name any more, or
 * never has, is among them as long as rows or the ledger have it.
 */
export function currenciesOf(reading: BalanceReading | null, others: Iterable<string>): string[] {
  const named = (reading?.parts ?? [])
    .filter(({ type }) => type === PAYMENTS)
    .map(({ currency }) => currency.toUpperCase());
  return [...new Set([...named, ...others])].sort();
}
