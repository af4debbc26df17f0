/** What the portal calls the outcomes of a sync. */
import { SUM_FIELDS, type ByOutcome, type Sums } from '../domain/outcomes';

/** Above a column of numbers. */
export const OUTCOME_TITLE: Sums<string> = {
  found: 'Found',
  posted: 'Posted',
  alreadyPosted: 'Already there',
  quarantined: 'Set aside',
  beforeSince: 'Before the first day',
};

/** Beside a number. */
export const OUTCOME_LABEL: ByOutcome<string> = {
  ...OUTCOME_TITLE,
  alreadyPosted: 'Already in the ledger',
};

/** After a number, in a sentence. */
export const OUTCOME_IN_SENTENCE: ByOutcome<string> = {
  posted: 'posted',
  alreadyPosted: 'in the ledger already',
  quarantined: 'set aside',
  beforeSince: 'from before the first day to book',
};

/** What was found and what became of it. */
export const COLUMNS = SUM_FIELDS.map((field) => [field, OUTCOME_TITLE[field]] as const);
