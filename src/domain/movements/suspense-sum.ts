/** What stands in suspense, as one figure: what Stripe has moved and nobody knows what for. */
import { formatAmount } from '../money';
import { count, formatNumber } from '../text';

/** Movements of a currency that nobody knows and nobody has assigned yet. */
export interface SuspenseSum {
  /** In upper case; empty: not known. */
  readonly currency: string;
  readonly count: number;
  /** As it moves what Stripe holds: positive comes, negative leaves. */
  readonly amount: bigint;
}

/** The newest so many are summed, over all currencies: more is a list to work through, and no figure. */
export const SUSPENSE_COUNTED = 1_000;

/** As it stands now; with a count of SUSPENSE_COUNTED of the newest, and there may be more. */
export interface SuspenseReport {
  readonly count: number;
  /** Minor units as decimal strings, by upper-case currency code; what has left is negative. */
  readonly amount: Readonly<Record<string, string>>;
}

export function suspenseOf(sums: readonly SuspenseSum[]): SuspenseReport {
  return {
    count: suspenseCount(sums),
    amount: Object.fromEntries(sums.map(({ currency, amount }) => [currency, amount.toString()])),
  };
}

export function suspenseCount(sums: readonly SuspenseSum[]): number {
  return sums.reduce((all, { count: number }) => all + number, 0);
}

/** Then the money is not that of all of them. */
export function areMore(number: number): boolean {
  return number >= SUSPENSE_COUNTED;
}

/** "2 movements", "1,000 movements or more". */
export function suspenseNumber(number: number): string {
  return `${count(number, 'movement')}${areMore(number) ? ' or more' : ''}`;
}

/** What goes before the money: empty where it is that of all of them. */
export function ofTheNewest(number: number): string {
  return areMore(number) ? `, of the newest ${formatNumber(SUSPENSE_COUNTED)}` : '';
}

/** "2: -0.05 EUR, 0.07 USD", "1,000 or more, of the newest 1,000: 0.07 USD", or "none". */
export function describeSuspense(report: SuspenseReport): string {
  const { count: number } = report;
  if (number === 0) return 'none';
  const more = areMore(number) ? ' or more' : '';
  return `${formatNumber(number)}${more}${ofTheNewest(number)}: ${suspenseMoney(report)}`;
}

export function suspenseMoney({ amount }: SuspenseReport): string {
  return Object.entries(amount)
    .map(([currency, minor]) => `${formatAmount(BigInt(minor), currency)} ${currency}`)
    .join(', ');
}
