/** Counts by outcome in SQL: each has a column of its name, in `stripe_syncs` after `records_`. */
import { FIELD_OF, IN_LEDGER, OUTCOMES, type Outcome } from '../domain/outcomes';

type Column = 'found' | Outcome;

const COLUMNS: readonly Column[] = ['found', ...OUTCOMES];

const fieldOf = (column: Column) => (column === 'found' ? column : FIELD_OF[column]);

/** Counts as one value, each by an expression of its own. */
export function countsBy(expression: (column: Column) => string): string {
  const fields = COLUMNS.map((column) => `'${fieldOf(column)}', ${expression(column)}`);
  return `json_build_object(${fields.join(', ')})`;
}

/** Assigns each column from a parameter that holds counts. */
export function setCounts(parameter: string, prefix = ''): string {
  return COLUMNS.map((column) => `${prefix}${column} = ${countIn(parameter, column)}`).join(', ');
}

export const countIn = (parameter: string, column: Column) =>
  `(${parameter}::jsonb->>'${fieldOf(column)}')::integer`;

/** For `state in`. */
export const IN_LEDGER_STATES = `(${IN_LEDGER.map((state) => `'${state}'`).join(', ')})`;

/** What a ledger has told of a movement `p` says nothing of another one, which a new source takes it over to. */
export const ofOtherLedger = (source: string) =>
  TOLD_BY_LEDGER.map(
    (column) => `${column} = case when p.source_id = ${source} then p.${column} end`,
  ).join(', ');

const TOLD_BY_LEDGER = [
  'reference',
  'blnk_transaction_id',
  'posted_at',
  'booked_at',
  'first_booked_at',
];
