/** The difference between a booked pay-in and its rows: `@stripe-suspense` holds it until somebody knows. */
import { isOfPayments, type BalanceTransaction } from './balance-transaction';
import { account } from './counter';
import { isConverted } from './exchange';
import { kindOf } from '../kinds/choice';
import type { BookedPayIn } from './known';
import { onStripe, type Chart, type Leg } from './leg';
import { cameThrough } from '../through';

/** What was booked of a difference before. */
export interface Difference {
  /** The pay-in, or the row that it has come with. */
  readonly of: string;
  /** By how much it moves Stripe's balance. */
  readonly moves: bigint;
  /** The ledger tells of it, and our rows do not any more. */
  readonly isForgotten: boolean;
}

/**
 * Of a booked pay-in whose rows, all of them, do not add up to it in the same currency: not known to happen. Each
 * of its rows counts, before the cut-over too. What a row changes of it that comes afterwards is booked by that row.
 */
export function diffLegs(
  payIn: BookedPayIn,
  rows: readonly BalanceTransaction[],
  before: readonly Difference[],
  chart: Chart,
): Leg[] {
  const own = rows
    .filter((bt) => kindOf(bt) === 'charge' && isOfPayments(bt) && cameThrough(bt.source, payIn))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const [first] = own;
  if (first === undefined || own.some((row) => isConverted(row, payIn.currency))) return [];
  const amount = own.reduce<bigint | null>(
    (sum, row) => (sum === null || row.amount === null ? null : sum + row.amount),
    before.reduce((sum, { moves }) => sum - moves, -payIn.amount),
  );
  const taken = new Set(before.map(({ of }) => of));
  const newestFirst = own.toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0));
  const free = [payIn.id, ...newestFirst.map(({ id }) => id)].find((id) => !taken.has(id));
  const forgotten = before.filter(({ isForgotten }) => isForgotten);
  const rest = amount === null || free === undefined ? [] : [{ of: free, moves: amount }];
  const { currency, datedAt } = payIn;
  return [...forgotten, ...rest].flatMap(({ of, moves }) => {
    const bt = own.find(({ id }) => id === of) ?? first;
    const booking = { ...chart, kind: 'charge', bt, known: { payIn, begunBefore: false } } as const;
    const change = { leg: 'diff', of, amount: moves, currency, datedAt } as const;
    return onStripe(booking, change, account(chart.balances, 'suspense'));
  });
}
