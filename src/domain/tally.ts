/** Adds up pay-ins by outcome, in count and in money. Sums are decimal strings: they may pass 2^53. */
import { addDecimalStrings } from './money';
import type { PayInState } from './pay-in';
import type { AmountsByCurrency, AmountsOfCurrency } from './report';
import { NO_COUNTS, type Counts } from './sync';

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

export interface Tally {
  readonly counts: Counts;
  readonly newlyQuarantined: number;
  readonly amounts: AmountsByCurrency;
  readonly reasons: Readonly<Record<string, number>>;
}

const FIELD = {
  posted: 'posted',
  already_posted: 'alreadyPosted',
  quarantined: 'quarantined',
  before_since: 'beforeSince',
} as const satisfies Partial<Record<PayInState, keyof Counts>>;

const NO_AMOUNTS: AmountsOfCurrency = {
  found: '0',
  posted: '0',
  alreadyPosted: '0',
  quarantined: '0',
  beforeSince: '0',
};

export function tally(rows: readonly TallyRow[]): Tally {
  const counts: { -readonly [field in keyof Counts]: number } = { ...NO_COUNTS };
  const reasons: Record<string, number> = {};
  let newlyQuarantined = 0;
  let amounts: AmountsByCurrency = {};
  for (const row of rows) {
    if (row.state === 'staged') continue;
    const field = FIELD[row.state];
    counts.found += row.count;
    counts[field] += row.count;
    newlyQuarantined += row.newly;
    if (row.reason !== null) reasons[row.reason] = (reasons[row.reason] ?? 0) + row.count;
    const currency = row.currency?.toUpperCase() ?? 'UNKNOWN';
    amounts = sumAmounts([
      amounts,
      { [currency]: { ...NO_AMOUNTS, found: row.amount, [field]: row.amount } },
    ]);
  }
  return { counts, newlyQuarantined, amounts, reasons };
}

export function sumAmounts(parts: readonly AmountsByCurrency[]): AmountsByCurrency {
  const sums = new Map<string, AmountsOfCurrency>();
  for (const part of parts) {
    for (const [currency, amounts] of Object.entries(part)) {
      const sum = sums.get(currency) ?? NO_AMOUNTS;
      sums.set(currency, {
        found: addDecimalStrings(sum.found, amounts.found),
        posted: addDecimalStrings(sum.posted, amounts.posted),
        alreadyPosted: addDecimalStrings(sum.alreadyPosted, amounts.alreadyPosted),
        quarantined: addDecimalStrings(sum.quarantined, amounts.quarantined),
        beforeSince: addDecimalStrings(sum.beforeSince, amounts.beforeSince),
      });
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
