/**
 * Legs that follow once more is known of a pay-in: each undoes in Stripe's balance what would be there twice. They
 * are made from rows and pay-ins that do not change, so that making them again gives the same.
 */
import { isOfPayments, type BalanceTransaction } from './balance-transaction';
import { isBefore } from './bookable';
import { account, type Counter } from './counter';
import { customerSide, fxOfPayIn, isConverted } from './exchange';
import { counterOf } from '../kinds/failed-charge';
import { hasSucceeded, loneCharge } from '../kinds/lone-charge';
import { kindOf } from '../kinds/choice';
import type { Known } from './known';
import { between, onStripe, type Booking, type Chart, type Leg } from './leg';
import { cameThrough } from '../through';

/**
 * Of a row that is booked to `@stripe-unapplied`: its pay-in is booked now, or turns out to have succeeded before the
 * cut-over. Dated as the leg that it undoes, so that Stripe's balance is right at every past day.
 */
export function appliedLegs(bt: BalanceTransaction, known: Known, chart: Chart): Leg[] {
  const kind = kindOf(bt);
  const booking = { ...chart, kind, bt, known };
  if (isBefore(bt, chart)) return [];
  switch (kind) {
    case 'charge':
      return appliedCharge(booking);
    case 'lone_charge':
      return appliedLoneCharge(booking);
    case 'failed_charge':
      return cameThrough(bt.source, known.payIn) ? moved(booking, counterOf(booking)) : [];
    default:
      return [];
  }
}

/** Legs that may follow: once its pay-in is booked, or when the rows of that should add up to it. */
export type Awaits = 'booking' | 'sum';

/**
 * What a row waits for, by what is known of it now; null: nothing follows any more. Whatever waits is looked at with
 * every run, so what can have no legs any more does not.
 */
export function awaitsOf(bt: BalanceTransaction, known: Known, chart: Chart): Awaits | null {
  if (bt.fault !== null || !isOfPayments(bt)) return null;
  if (awaitsBooking(bt, known, chart) || openingLegs(bt, known, chart).length > 0) return 'booking';
  return awaitsSum(bt, known);
}

function awaitsBooking(bt: BalanceTransaction, known: Known, chart: Chart): boolean {
  const { source } = bt;
  if (isSaidToBeEarlier(bt, known, chart)) return true;
  // Booked, if not by this charge: of several tries it is one of the others.
  if (known.payIn.state !== 'open') return false;
  const isFailed = source.object === 'charge' && source.status === 'failed';
  switch (kindOf(bt)) {
    case 'charge':
      return !isFailed;
    case 'lone_charge':
      return (
        source.object === 'charge' &&
        !isFailed &&
        !isBefore(bt, chart) &&
        !hasSucceeded(source, known)
      );
    case 'failed_charge':
      return !isFailed && !isBefore(bt, chart) && !known.begunBefore;
    default:
      return false;
  }
}

/** Its money went to `@stripe-opening` since a listing says so; the event of its success may say otherwise yet. */
function isSaidToBeEarlier(bt: BalanceTransaction, { payIn }: Known, chart: Chart): boolean {
  if (kindOf(bt) !== 'charge' || isBefore(bt, chart) || bt.amount === 0n) return false;
  return payIn.state === 'earlier' && !payIn.isInLedger && cameThrough(bt.source, payIn);
}

/** Of a booked pay-in, and not all of it: others of its rows are to make up for the rest. */
function awaitsSum(bt: BalanceTransaction, { payIn }: Known): Awaits | null {
  const isPart =
    kindOf(bt) === 'charge' &&
    payIn.state === 'booked' &&
    cameThrough(bt.source, payIn) &&
    !isConverted(bt, payIn.currency) &&
    bt.amount !== payIn.amount;
  return isPart ? 'sum' : null;
}

function appliedCharge(booking: Booking): Leg[] {
  const { bt, balances, known } = booking;
  const { payIn } = known;
  if (!cameThrough(bt.source, payIn)) return [];
  if (payIn.state === 'earlier') return moved(booking, account(balances, 'opening'));
  return [...fxOfPayIn(booking, payIn), ...undone(booking)];
}

/**
 * Of a row since the cut-over whose money went to `@stripe-opening`, as its pay-in was said to be from before
 * SYNC_SINCE: that is booked after all.
 */
export function overruledLegs(bt: BalanceTransaction, known: Known, chart: Chart): Leg[] {
  const { payIn } = known;
  if (kindOf(bt) !== 'charge' || isBefore(bt, chart)) return [];
  if (payIn.state !== 'booked' || !cameThrough(bt.source, payIn)) return [];
  const booking = { ...chart, kind: 'charge', bt, known } as const;
  return [...fxOfPayIn(booking, payIn), ...outOfOpening(booking)];
}

function appliedLoneCharge(booking: Booking): Leg[] {
  const { source } = booking.bt;
  if (source.object !== 'charge' || !hasSucceeded(source, booking.known)) return [];
  return [...loneCharge.legs(booking), ...undone(booking)];
}

/** Back to Stripe's balance, which the pay-in has taken it from as well. */
function undone(booking: Booking): Leg[] {
  const { bt, balances } = booking;
  const change = { leg: 'applied', amount: negated(bt.amount), currency: bt.currency } as const;
  return onStripe(booking, change, account(balances, 'unapplied'));
}

/** On to where it would have gone at first: Stripe's balance is right already. */
function moved(booking: Booking, counter: Counter): Leg[] {
  const { bt, balances } = booking;
  const change = { leg: 'applied', amount: bt.amount, currency: bt.currency } as const;
  return between(booking, change, account(balances, 'unapplied'), counter);
}

/**
 * Of a row before the cut-over whose pay-in is booked after it: the opening balance holds that money already. Dated
 * as the pay-in.
 */
export function openingLegs(bt: BalanceTransaction, known: Known, chart: Chart): Leg[] {
  const { payIn } = known;
  const booking = { ...chart, kind: 'charge', bt, known } as const;
  if (kindOf(bt) !== 'charge' || !isBefore(bt, chart)) return [];
  if (payIn.state !== 'booked' || !cameThrough(bt.source, payIn)) return [];
  const { datedAt } = payIn;
  if (isConverted(bt, payIn.currency)) {
    return customerSide(booking, payIn, { datedAt });
  }
  return outOfOpening(booking, datedAt);
}

/** Back to Stripe's balance, which the pay-in has taken it from as well. */
function outOfOpening(booking: Booking, datedAt?: number): Leg[] {
  const { bt, balances } = booking;
  const change = { leg: 'opening', amount: negated(bt.amount), currency: bt.currency } as const;
  const dated = datedAt === undefined ? change : { ...change, datedAt };
  return onStripe(booking, dated, account(balances, 'opening'));
}

function negated(amount: bigint | null): bigint | null {
  return amount === null ? null : -amount;
}
