/**
 * Where Stripe converts, the customer's currency leaves Stripe's balance again through `@stripe-fx`, and that of
 * the settlement comes to it from there. What stays on `@stripe-fx` is the gain or loss.
 */
import type { BalanceTransaction } from './balance-transaction';
import { account } from './counter';
import type { BookedPayIn } from './known';
import { onStripe, type Booking, type Leg } from './leg';

/** @param currency of the customer's payment; null: not readable, and only the rate tells */
export function isConverted(bt: BalanceTransaction, currency: string | null): boolean {
  if (currency === null || bt.currency === null) return bt.exchangeRate !== null;
  return currency.toLowerCase() !== bt.currency.toLowerCase();
}

/** The pair of a pay-in: its own amount once, whatever the number of its rows, and the amount of each row. */
export function fxOfPayIn(booking: Booking, payIn: BookedPayIn): Leg[] {
  if (!isConverted(booking.bt, payIn.currency)) return [];
  return [...customerSide(booking, payIn), ...settlementSide(booking)];
}

/**
 * The customer's side: what the payment brought to Stripe's balance in their currency goes to `@stripe-fx`, or to
 * the opening balance if that holds the settlement's side.
 */
export function customerSide(
  booking: Booking,
  payment: {
    readonly id: string;
    readonly amount: bigint | null;
    readonly currency: string | null;
  },
  opening?: { readonly datedAt: number },
): Leg[] {
  const { id, amount, currency } = payment;
  const back = amount === null ? null : -amount;
  const counter =
    opening === undefined
      ? account(booking.balances, 'fx', 'opening')
      : account(booking.balances, 'opening', 'fx');
  return onStripe(booking, { leg: 'fx1', of: id, amount: back, currency, ...opening }, counter);
}

/** The settlement's side: the amount of the row itself. */
export function settlementSide(booking: Booking): Leg[] {
  const { amount, currency } = booking.bt;
  return onStripe(booking, { leg: 'fx2', amount, currency }, account(booking.balances, 'fx'));
}
