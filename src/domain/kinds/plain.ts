/** A kind whose amount goes to one account of the chart, whatever is known besides. */
import type { Account } from '../movements/accounts';
import { account } from '../movements/counter';
import { onStripe } from '../movements/leg';
import type { SettledKind } from './kind';

export function plain(text: string, to: Account): SettledKind {
  return {
    text,
    fees: 'feesServices',
    legs: (booking) => {
      const { amount, currency } = booking.bt;
      return onStripe(booking, { leg: 'gross', amount, currency }, account(booking.balances, to));
    },
  };
}
