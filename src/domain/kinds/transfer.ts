/** A transfer to a connected account, and one that comes back, failed or reversed. */
import { account, ANY_CONNECTED, type Counter } from '../movements/counter';
import { balanceOf } from '../ids';
import { onStripe, type Booking, type Leg } from '../movements/leg';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { amount, currency } = booking.bt;
  return onStripe(booking, { leg: 'gross', amount, currency }, counterOf(booking));
}

function counterOf({ bt: { source }, balances }: Booking): Counter {
  const transfers = account(balances, 'transfers');
  const destination = source.object === 'transfer' ? source.destination : null;
  // As one that could be read it may have been booked with whichever it went to.
  if (destination === null) return { ...transfers, also: [ANY_CONNECTED, ...transfers.also] };
  const name = balanceOf(destination, balances);
  return { name, also: [transfers.name, ...transfers.also] };
}

export const transfer: SettledKind = { text: 'transfer', fees: 'feesServices', legs };
