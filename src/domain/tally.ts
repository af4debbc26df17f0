/** Adds up pay-ins by outcome, in count and in money. */
import {
  addAmounts,
  addCounts,
  FIELD_OF,
  NO_AMOUNTS,
  NO_COUNTS,
  type Amounts,
  type AmountsByCurrency,
  type Counts,
} from './outcomes';
import type { PayInState } from './pay-in';

/** Pay-ins of one state, currency and reason. */
export interface TallyRow {
  readonly state: PayInState;
  readonly currency: string | null;
  readonly reason: string | null;
  readonly count: number;
  /** Minor units, decimal. */
  readonly amount: string;
  /** How many of them this sync was the first to set aside. */
  readonly newly: number;
}

/** All that is added up of a page or a sync. */
export interface Tally {
  readonly counts: Counts;
  readonly newlyQuarantined: number;
  readonly amounts: AmountsByCurrency;
  readonly reasons: Readonly<Record<string, number>>;
}

export const NO_TALLY: Tally = { counts: NO_COUNTS, newlyQuarantined: 0, amounts: {}, reasons: {} };

export function tally(rows: readonly TallyRow[]): Tally {
  return rows.reduce((sum, row) => addTallies(sum, tallyOf(row)), NO_TALLY);
}

function tallyOf({ state, currency, reason, count, amount, newly }: TallyRow): Tally {
  if (state === 'staged') return NO_TALLY;
  const field = FIELD_OF[state];
  return {
    counts: { ...NO_COUNTS, found: count, [field]: count },
    newlyQuarantined: newly,
    amounts: {
      [currency?.toUpperCase() ?? 'UNKNOWN']: { ...NO_AMOUNTS, found: amount, [field]: amount },
    },
    reasons: reason === null ? {} : { [reason]: count },
  };
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    counts: addCounts(a.counts, b.counts),
    newlyQuarantined: a.newlyQuarantined + b.newlyQuarantined,
    amounts: sumAmounts([a.amounts, b.amounts]),
    reasons: sumReasons([a.reasons, b.reasons]),
  };
}

export function sumAmounts(parts: readonly AmountsByCurrency[]): AmountsByCurrency {
  const sums = new Map<string, Amounts>();
  for (const part of parts) {
    for (const [currency, amounts] of Object.entries(part)) {
      sums.set(currency, addAmounts(sums.get(currency) ?? NO_AMOUNTS, amounts));
    }
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sumReasons(
  parts: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [reason, count] of Object.entries(part)) sums[reason] = (sums[reason] ?? 0) + count;
  }
  return sums;
}
