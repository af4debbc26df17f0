/** The balance of a computed history: it is added up when it is asked for, and goes on where it ended. */
import type { ComputedBalance } from './balance';

interface Priced {
  readonly length: number;
  readonly price: (index: number) => { readonly currency: string; readonly amount: number };
  /** How many are available at a moment, from the oldest. */
  readonly heldUntil: (now: number) => number;
}

export function createHistoryBalance({ length, price, heldUntil }: Priced): ComputedBalance {
  const available = new Map<string, number>();
  let reached = 0;

  function add(sums: Map<string, number>, from: number, to: number): void {
    for (let index = from; index < to; index += 1) {
      const { currency, amount } = price(index);
      sums.set(currency, (sums.get(currency) ?? 0) + amount - feeOf(amount));
    }
  }

  return (now) => {
    const until = heldUntil(now);
    // A clock that was set back.
    if (until < reached) {
      reached = 0;
      available.clear();
    }
    add(available, reached, until);
    reached = until;
    const pending = new Map<string, number>();
    add(pending, until, length);
    return { available: asBigints(available), pending: asBigints(pending) };
  };
}

/** The usual fee, as a plain number: bigints take ten times as long over a million. */
export function feeOf(amount: number): number {
  return Math.floor((amount * 29 + 500) / 1000) + 30;
}

export function asBigints(sums: ReadonlyMap<string, number>): Map<string, bigint> {
  return new Map([...sums].map(([currency, sum]) => [currency, BigInt(sum)]));
}
