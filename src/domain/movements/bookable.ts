/** Which rows are booked at all: those of the payments balance, from the cut-over on. */
import { isOfPayments, type BalanceTransaction } from './balance-transaction';
import type { Chart } from './leg';

export function isBefore({ created }: BalanceTransaction, { cutOver }: Chart): boolean {
  return created !== null && cutOver !== null && created < cutOver;
}

export function bookable(rows: readonly BalanceTransaction[], chart: Chart): BalanceTransaction[] {
  return rows.filter((bt) => isOfPayments(bt) && !isBefore(bt, chart));
}
