/**
 * Legs that follow once more is known of a pay-in: each undoes in Stripe's balance what would be there twice. They
 * are made from rows and pay-ins that do not change, so that making them again gives the same.
 */
import type { BalanceTransaction } from './balance-transaction';
import { isBefore } from './bookable';
import { account } from './counter';
import { customerSide, fxOfPayIn, isConverted } from './exchange';
import { loneCharge } from './kinds/lone-charge';
import { kindOf } from './kinds/choice';
import type { BookedPayIn, Known } from './known';
import { between, onStripe, type Booking, type Chart, type Leg } from './leg';
import { cameThrough, isLone } from './through';

/**
 * Of a row that is booked to `@stripe-unapplied`: its pay-in is booked now, or turns out to have succeeded before the
 * cut-over. Dated as the leg that it undoes, so that Stripe's balance is right at every past day.
 */
export function appliedLegs(bt: BalanceTransaction, known: Known, chart: Chart): Leg[] {
  const booking = bookingOf(bt, known, chart);
  const { payIn } = known;
  if (booking === undefined || isBefore(bt, chart) || !cameThrough(bt.source, payIn)) return [];
  const { amount, currency } = bt;
  const unapplied = account(chart.balances, 'unapplied');
  if (payIn.state === 'earlier') {
    const opening = account(chart.balances, 'opening');
    return between(booking, { leg: 'applied', amount, currency }, unapplied, opening);
  }
  const back = { leg: 'applied', amount: negated(amount), currency } as const;
  const own = isLone(bt.source) ? loneCharge.legs(booking) : fxOfPayIn(booking, payIn);
  return [...own, ...onStripe(booking, back, unapplied)];
}

/**
 * Of a row before the cut-over whose pay-in is booked after it: the opening balance holds that money already. Dated
 * as the pay-in.
 */
export function openingLegs(bt: BalanceTransaction, known: Known, chart: Chart): Leg[] {
  const booking = bookingOf(bt, known, chart);
  const { payIn } = known;
  if (booking === undefined || !isBefore(bt, chart)) return [];
  if (payIn.state !== 'booked' || !cameThrough(bt.source, payIn)) return [];
  const { datedAt } = payIn;
  if (isConverted(bt, payIn.currency)) {
    return customerSide(booking, payIn, { datedAt });
  }
  const { amount, currency } = bt;
  const change = { leg: 'opening', amount: negated(amount), currency, datedAt } as const;
  return onStripe(booking, change, account(chart.balances, 'opening'));
}

/**
 * Of a booked pay-in whose rows, all of them, do not add up to it in the same currency: not known to happen. Each
 * of its rows counts, before the cut-over too.
 */
export function diffLegs(
  payIn: BookedPayIn,
  rows: readonly BalanceTransaction[],
  chart: Chart,
): Leg[] {
  const own = rows.filter(({ source }) => cameThrough(source, payIn));
  const bt = [...own].sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  if (bt === undefined || own.some((row) => isConverted(row, payIn.currency))) return [];
  const amount = own.reduce<bigint | null>(
    (sum, row) => (sum === null || row.amount === null ? null : sum + row.amount),
    -payIn.amount,
  );
  if (amount === null) return [];
  const { id: of, currency, datedAt } = payIn;
  const booking = { ...chart, kind: 'charge', bt, known: { payIn, begunBefore: false } } as const;
  const change = { leg: 'diff', of, amount, currency, datedAt } as const;
  return onStripe(booking, change, account(chart.balances, 'suspense'));
}

/** undefined: it is not the row of a charge. */
function bookingOf(bt: BalanceTransaction, known: Known, chart: Chart): Booking | undefined {
  const kind = kindOf(bt);
  return kind === 'charge' || kind === 'lone_charge' ? { ...chart, kind, bt, known } : undefined;
}

function negated(amount: bigint | null): bigint | null {
  return amount === null ? null : -amount;
}
