/**
 * The row of a charge without a PaymentIntent: of the old API, or made for a connected account (`py_…`). No pay-in
 * will come for it, so once it has succeeded it is booked as one, under its own id.
 */
import type { ChargeSource } from '../movements/balance-transaction';
import { account, payerOf } from '../movements/counter';
import { customerSide, isConverted, settlementSide } from '../movements/exchange';
import type { Known } from '../movements/known';
import { onStripe, type Booking, type Leg } from '../movements/leg';
import { signedAs } from '../movements/sign';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { bt, balances, known } = booking;
  const { source, amount, currency } = bt;
  const change = { leg: 'gross', amount, currency } as const;
  if (source.object === 'charge') {
    if (hasSucceeded(source, known)) return asPayIn(booking, source);
    return onStripe(booking, change, account(balances, 'unapplied', 'opening'));
  }
  // The part that was not captured: amount_captured lacks it already.
  if (known.begunBefore) return onStripe(booking, change, account(balances, 'opening'));
  const isOther = source.object === 'refund' && isConverted(bt, source.currency);
  return isOther ? settlementSide(booking) : [];
}

/** Also where it says something else since: what is in the ledger had succeeded. */
export function hasSucceeded({ status }: ChargeSource, { payIn }: Known): boolean {
  return status === 'succeeded' || payIn.state === 'booked';
}

function asPayIn(booking: Booking, { id, amountCaptured, currency, customer }: ChargeSource) {
  const { bt, balances, known } = booking;
  const amount = signedAs(amountCaptured, bt.amount);
  const gross = onStripe(
    booking,
    { leg: 'gross', of: id, amount, currency },
    payerOf(balances, known.payIn, customer),
  );
  if (!isConverted(bt, currency)) return gross;
  return [...gross, ...customerSide(booking, { id, amount, currency }), ...settlementSide(booking)];
}

export const loneCharge: SettledKind = {
  text: 'charge without a PaymentIntent',
  fees: 'fees',
  legs,
};
