/**
 * A refund, and one that failed and comes back: from and to the payer. Where Stripe converts it, the payer's leg is
 * in the payer's currency, with its pair beside it.
 */
import type { BalanceTransaction } from '../movements/balance-transaction';
import { account, payerOf } from '../movements/counter';
import { customerSide, isConverted, settlementSide } from '../movements/exchange';
import { aside, onStripe, type Booking, type Leg } from '../movements/leg';
import { signedAs } from '../movements/sign';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { bt } = booking;
  const { id, amount, currency } = bt;
  const counter = counterOf(booking);
  const paid = refundedOf(bt);
  if (!isConverted(bt, paid.currency)) {
    return onStripe(booking, { leg: 'gross', amount, currency }, counter);
  }
  const own = { id, amount: signedAs(paid.amount, wayOf(bt)), currency: paid.currency };
  const theirs = [
    ...onStripe(booking, { leg: 'gross', ...own }, counter),
    ...customerSide(booking, own),
  ];
  // Set aside together, they leave Stripe's balance right: one undoes the other there.
  const told = paid.currency === null ? aside(theirs, 'SOURCE_UNREADABLE') : theirs;
  return [...told, ...settlementSide(booking)];
}

function counterOf({ bt: { source }, balances, known: { payIn } }: Booking) {
  if (source.object === 'refund' || source.object === 'charge') {
    return payerOf(balances, payIn, source.customer);
  }
  // Whose it is, only a person can find out; its amount is as sure as that of any other.
  return payIn.payer === undefined
    ? account(balances, 'suspense')
    : payerOf(balances, payIn, payIn.payer);
}

/** As the amount of the row: one so small that nothing moves in Stripe's currency has no sign, and its words tell. */
function wayOf({ amount, category, type }: BalanceTransaction): bigint | null {
  if (amount !== 0n) return amount;
  return [category, type].includes('refund_failure') ? 1n : -1n;
}

/** In the payer's currency. */
function refundedOf({ source }: BalanceTransaction) {
  if (source.object === 'refund') return { amount: source.amount, currency: source.currency };
  return { amount: null, currency: null };
}

export const refund: SettledKind = { text: 'refund', fees: 'fees', legs };
