/** Every account of the chart beside payers and connected accounts, and the balance that it has in the ledger. */
import type { BalanceNames } from '../balances';

/** What each is called behind the name of the source balance: `@stripe-fees`. */
const SUFFIXES = {
  fees: 'fees',
  feesDisputes: 'fees-disputes',
  feesServices: 'fees-services',
  feesTax: 'fees-tax',
  feesNetwork: 'fees-network',
  feesApplication: 'fees-application',
  disputes: 'disputes',
  fx: 'fx',
  unapplied: 'unapplied',
  opening: 'opening',
  payouts: 'payouts',
  transfers: 'transfers',
  applicationFees: 'application-fees',
  topUps: 'topups',
  reserve: 'reserve',
  connectReserve: 'connect-reserve',
  connectLosses: 'connect-losses',
  minimumBalance: 'minimum-balance',
  advances: 'advances',
  financing: 'financing',
  contributions: 'contributions',
  issuing: 'issuing',
  suspense: 'suspense',
} as const;

export type Account = keyof typeof SUFFIXES;

export const ALL_ACCOUNTS = Object.keys(SUFFIXES) as readonly Account[];

export function accountOf(account: Account, names: BalanceNames): string {
  if (account === 'payouts' && names.payouts !== undefined) return names.payouts;
  return `${names.source}-${SUFFIXES[account]}`;
}
