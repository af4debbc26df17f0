/**
 * The names of an instance's own balances: one value, fixed at the first posting or when movements begin, which every
 * name derives from.
 */

export interface BalanceNames {
  /** Where pay-ins come from, `@stripe` unless the settings say otherwise. */
  readonly source: string;
  /** Of payers without a customer, `@stripe-guest` unless the settings say otherwise. */
  readonly guest: string;
  /** Where payouts go: the balance of a bank account, if the settings name one. */
  readonly payouts?: string;
  /** Who bears a lost dispute, if the settings name a balance; else its payer does. */
  readonly disputesLost?: string;
}

/** Under which the chart of accounts stands: `@stripe` and `@stripe-…`, whatever the settings say. */
const CHART = '@stripe';

/** Whether a payer's balance may not be called so. @param own undefined: no names but the chart's are known */
export function isReserved(name: string, own: BalanceNames | undefined): boolean {
  const within = (chart: string) => name === chart || name.startsWith(`${chart}-`);
  if (within(CHART)) return true;
  if (own === undefined) return false;
  return within(own.source) || [own.guest, own.payouts, own.disputesLost].includes(name);
}
