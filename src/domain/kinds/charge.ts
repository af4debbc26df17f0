/**
 * The row of a charge, or of the part of one that was not captured. The pay-in itself is its gross leg, so where
 * that is booked there is nothing left but the exchange of currencies; until then its money is not applied yet.
 */
import { account } from '../movements/counter';
import { fxOfPayIn } from '../movements/exchange';
import { aside, onStripe, type Booking, type Leg } from '../movements/leg';
import { cameThrough } from '../through';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { bt, balances, known } = booking;
  const { source, amount, currency } = bt;
  const change = { leg: 'gross', amount, currency } as const;
  const { payIn } = known;
  if (cameThrough(source, payIn)) {
    return payIn.state === 'booked'
      ? fxOfPayIn(booking, payIn)
      : onStripe(booking, change, account(balances, 'opening', 'unapplied'));
  }
  const waiting = onStripe(booking, change, account(balances, 'unapplied', 'opening'));
  const isReadable = source.object === 'charge' || source.object === 'refund';
  // Without the charge nobody can tell whether a pay-in has booked this money already.
  return isReadable ? waiting : aside(waiting, 'SOURCE_UNREADABLE');
}

export const charge: SettledKind = { text: 'charge', fees: 'fees', legs };
