/** What the ledger is told of a posting that a person has accepted: it outlives our own database. */
import type { AssignmentNote } from '../movements/assignment';
import { oneLine } from '../text';

/** At the top of the metadata, since ledgers find nothing that is nested. Frozen: it is looked for in any version. */
const ACCEPTED_KEY = 'stripe_sync_accepted';

/** @param transactionId the ledger's own: a posting that is made from this one may get all of its metadata */
export function acceptedMetadata(
  transactionId: string,
  { by, note }: AssignmentNote,
  at: Date,
): Record<string, string> {
  return {
    [ACCEPTED_KEY]: 'yes',
    [`${ACCEPTED_KEY}_id`]: transactionId,
    [`${ACCEPTED_KEY}_by`]: by,
    [`${ACCEPTED_KEY}_note`]: note,
    [`${ACCEPTED_KEY}_at`]: at.toISOString(),
  };
}

export interface NotedAcceptance extends AssignmentNote {
  /** null: the ledger does not say it as we have written it. */
  readonly at: Date | null;
}

/** What a ledger tells of an acceptance; null: there is none, it was taken back, or it is that of another posting. */
export function acceptanceOf(
  transactionId: string,
  metadata: Readonly<Record<string, unknown>>,
): NotedAcceptance | null {
  if (metadata[ACCEPTED_KEY] !== 'yes') return null;
  // A refund in the ledger is a copy of what it refunds, with its metadata.
  if (metadata[`${ACCEPTED_KEY}_id`] !== transactionId) return null;
  const textOf = (name: string) => {
    const value = metadata[`${ACCEPTED_KEY}_${name}`];
    return typeof value === 'string' ? oneLine(value).slice(0, LONGEST) : '';
  };
  const at = new Date(textOf('at'));
  const isDated = at.getTime() >= 0 && at.getTime() <= Date.now() + DAY_MS;
  return { by: textOf('by'), note: textOf('note'), at: isDated ? at : null };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** As a person may write it. */
const LONGEST = 500;

/** Metadata is added to and never removed. */
export const TAKEN_BACK: Readonly<Record<string, string>> = { [ACCEPTED_KEY]: 'taken back' };
