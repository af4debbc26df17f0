/**
 * A dispute: Stripe holds the money back until it is decided, and gives it back if it is won. Lost, it is the
 * payer's, or goes to the balance that the settings name for it.
 */
import type { BalanceTransaction, DisputeSource } from '../movements/balance-transaction';
import { account, payerOf, type Counter } from '../movements/counter';
import { isConverted } from '../movements/exchange';
import type { Known } from '../movements/known';
import { between, onStripe, type Booking, type Chart, type Leg } from '../movements/leg';
import { bookable } from '../movements/bookable';
import { kindOf } from './choice';
import type { SettledKind } from './kind';

function legs(booking: Booking): Leg[] {
  const { bt, balances, known } = booking;
  const { amount, currency } = bt;
  // What was withdrawn before the cut-over is no longer in the opening balance.
  const counter = known.begunBefore
    ? account(balances, 'opening', 'disputes')
    : account(balances, 'disputes', 'opening');
  return onStripe(booking, { leg: 'gross', amount, currency }, counter);
}

export interface FinalDispute {
  readonly dispute: DisputeSource;
  /** Every row of it, in any order. */
  readonly rows: readonly BalanceTransaction[];
  readonly known: Known;
  /** Stripe's word for its end. */
  readonly isWon: boolean;
  /** Legs of it as lost are booked already: what comes later follows them, even if it comes to nothing. */
  readonly wasLost: boolean;
}

/**
 * What is left of a dispute that is final, one leg for each of its rows; none while one of them cannot be read. In
 * another currency its payer bears the amount of the dispute, once, unless it is won; the rows, with all that comes back
 * of them at whatever rate, go to `@stripe-fx`.
 */
export function lostLegs(final: FinalDispute, chart: Chart): Leg[] {
  const { dispute, rows, known, isWon, wasLost } = final;
  const counted = bookable(rows, chart)
    .filter((bt) => kindOf(bt) === 'dispute')
    .sort(inTime);
  const sum = sumOf(counted);
  // Of a small amount nothing may be withdrawn at one rate, and something come back at another.
  const first = counted.find(({ amount }) => amount !== null && amount <= 0n);
  // What only comes back was withdrawn where nobody has seen it yet, and is no gain of whoever bears the dispute.
  const isDecided = wasLost || (first !== undefined && sum !== null && sum !== 0n);
  if (known.begunBefore || !isDecided) return [];
  return counted.flatMap((bt) => {
    const booking = { ...chart, kind: 'dispute', bt, known } as const;
    const disputes = account(chart.balances, 'disputes');
    const bearer = bearerOf(booking);
    const { currency } = bt;
    const amount = bt.amount === null ? null : -bt.amount;
    if (!isConverted(bt, dispute.currency)) {
      return between(booking, { leg: 'lost', amount, currency }, bearer, disputes);
    }
    const fx = account(chart.balances, 'fx');
    const theirs = { leg: 'lost', amount: dispute.amount, currency: dispute.currency } as const;
    return [
      ...(bt === first && !isWon ? between(booking, theirs, bearer, fx) : []),
      ...between(booking, { leg: 'lost.fx2', amount, currency }, fx, disputes),
    ];
  });
}

function bearerOf({ balances, known }: Booking): Counter {
  if (balances.disputesLost !== undefined) return { name: balances.disputesLost, also: [] };
  return payerOf(balances, known.payIn, null);
}

function inTime(a: BalanceTransaction, b: BalanceTransaction): number {
  return (a.created ?? 0) - (b.created ?? 0) || (a.id < b.id ? -1 : 1);
}

/** null: one of them is not readable. */
function sumOf(rows: readonly BalanceTransaction[]): bigint | null {
  return rows.reduce<bigint | null>(
    (sum, { amount }) => (sum === null || amount === null ? null : sum + amount),
    0n,
  );
}

export const dispute: SettledKind = { text: 'dispute', fees: 'feesDisputes', legs };
