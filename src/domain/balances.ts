/** The names of an instance's own balances: one value, fixed at the first posting, which every name derives from. */

export interface BalanceNames {
  /** Where pay-ins come from, `@stripe` unless the settings say otherwise. */
  readonly source: string;
  /** Of payers without a customer, `@stripe-guest` unless the settings say otherwise. */
  readonly guest: string;
}

/** Under which the chart of accounts stands: `@stripe` and `@stripe-…`, whatever the settings say. */
const CHART = '@stripe';

/** Whether a payer's balance may not be called so. @param own undefined: no names but the chart's are known */
export function isReserved(name: string, own: BalanceNames | undefined): boolean {
  const within = (chart: string) => name === chart || name.startsWith(`${chart}-`);
  return within(CHART) || (own !== undefined && (within(own.source) || name === own.guest));
}
