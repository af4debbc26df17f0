/** What becomes of a pay-in: the names and texts of its outcomes, and sums over them. */
import { addDecimalStrings } from './money';
import { formatNumber } from './text';

/** As states of a row and as columns of counters. A pay-in with none of them yet is `staged`. */
export const OUTCOMES = ['posted', 'already_posted', 'quarantined', 'before_since'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** The field that adds it up: in payloads, reports and stored sums of money. */
export const FIELD_OF = {
  posted: 'posted',
  already_posted: 'alreadyPosted',
  quarantined: 'quarantined',
  before_since: 'beforeSince',
} as const satisfies Record<Outcome, string>;

export type OutcomeField = (typeof FIELD_OF)[Outcome];

export const OUTCOME_FIELDS = OUTCOMES.map((outcome) => FIELD_OF[outcome]);

/** Posted and found there are both in the ledger: a listing moves a pay-in from one to the other. */
export const IN_LEDGER = ['posted', 'already_posted'] as const satisfies readonly Outcome[];

export function isInLedger(state: string | undefined): boolean {
  return IN_LEDGER.some((outcome) => outcome === state);
}

/** One value for each outcome. */
export type ByOutcome<T> = Readonly<Record<OutcomeField, T>>;

export function byOutcome<T>(valueOf: (field: OutcomeField) => T): ByOutcome<T> {
  return {
    posted: valueOf('posted'),
    alreadyPosted: valueOf('alreadyPosted'),
    quarantined: valueOf('quarantined'),
    beforeSince: valueOf('beforeSince'),
  };
}

/** found = posted + alreadyPosted + quarantined + beforeSince. */
export type Sums<T> = { readonly found: T } & ByOutcome<T>;

export const SUM_FIELDS = ['found', ...OUTCOME_FIELDS] as const;

/** Pay-ins of a page or a sync. */
export type Counts = Sums<number>;

/** Minor units as decimal strings: they may pass 2^53. */
export type Amounts = Sums<string>;

/** By upper-case currency code. */
export type AmountsByCurrency = Readonly<Record<string, Amounts>>;

export const NO_COUNTS: Counts = { found: 0, ...byOutcome(() => 0) };
export const NO_AMOUNTS: Amounts = { found: '0', ...byOutcome(() => '0') };

export const addCounts = (a: Counts, b: Counts): Counts => addSums(a, b, (x, y) => x + y);
export const addAmounts = (a: Amounts, b: Amounts): Amounts => addSums(a, b, addDecimalStrings);

function addSums<T>(a: Sums<T>, b: Sums<T>, add: (x: T, y: T) => T): Sums<T> {
  return { found: add(a.found, b.found), ...byOutcome((field) => add(a[field], b[field])) };
}

/** Those of a running sync that have no outcome yet, or of one that has ended without it. */
export function withoutOutcome({ found, ...outcomes }: Counts): number {
  return OUTCOME_FIELDS.reduce((rest, field) => rest - outcomes[field], found);
}

/** After a number of pay-ins or a sum of money. */
export const OUTCOME_TEXT: ByOutcome<string> = {
  posted: 'posted',
  alreadyPosted: 'already there',
  quarantined: 'set aside',
  beforeSince: 'before SYNC_SINCE',
};

const TEXT_IN_SENTENCE = { ...OUTCOME_TEXT, alreadyPosted: 'already in the ledger' };

/** Each value with its text, in the order of the outcomes. */
export function withTexts<T, U>(values: ByOutcome<T>, texts: ByOutcome<U>): (readonly [T, U])[] {
  return OUTCOME_FIELDS.map((field) => [values[field], texts[field]] as const);
}

/** "10 found, 8 posted, 2 set aside". Without percentages: Stripe gives no totals. */
export function describeCounts(counts: Counts): string {
  return [`${formatNumber(counts.found)} found`, ...describeOutcomes(counts)].join(', ');
}

export function describeOutcomes(counts: ByOutcome<number>): string[] {
  return withTexts(counts, TEXT_IN_SENTENCE)
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatNumber(count)} ${what}`);
}
