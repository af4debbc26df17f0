/**
 * A payment that the payer's bank did not make after all, or took back: a debit that failed. Against whatever its
 * charge went to.
 */
import type { SourceObject } from '../movements/balance-transaction';
import { account, orPayer, payerOf, type Counter } from '../movements/counter';
import { onStripe, type Booking, type Leg } from '../movements/leg';
import { cameThrough, isLone } from '../through';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { amount, currency } = booking.bt;
  return onStripe(booking, { leg: 'gross', amount, currency }, counterOf(booking));
}

/** Where it goes; more may be known of its pay-in later. */
export function counterOf({
  bt: { source },
  balances,
  known: { payIn, begunBefore },
}: Booking): Counter {
  const isOurs = cameThrough(source, payIn);
  const payer = payerOf(balances, payIn, customerOf(source), 'unapplied', 'opening');
  if (isOurs && (payIn.state === 'booked' || payIn.isInLedger)) return payer;
  if (isOurs || begunBefore) return account(balances, 'opening', 'unapplied');
  const own = account(balances, 'unapplied', 'opening');
  // Its charge is a row as this one is, and may have been read before it another time.
  return isLone(source) ? orPayer(own, payer) : own;
}

function customerOf(source: SourceObject): string | null {
  return source.object === 'charge' || source.object === 'refund' ? source.customer : null;
}

export const failedCharge: SettledKind = { text: 'failed charge', fees: 'fees', legs };
