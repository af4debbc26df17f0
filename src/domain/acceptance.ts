/** What the ledger is told of a posting that a person has accepted: it outlives our own database. */
import type { AssignmentNote } from './assignment';

/** At the top of the metadata, since ledgers find nothing that is nested. Frozen: it is looked for in any version. */
const ACCEPTED_KEY = 'stripe_sync_accepted';

export function acceptedMetadata({ by, note }: AssignmentNote, at: Date): Record<string, string> {
  return {
    [ACCEPTED_KEY]: 'yes',
    [`${ACCEPTED_KEY}_by`]: by,
    [`${ACCEPTED_KEY}_note`]: note,
    [`${ACCEPTED_KEY}_at`]: at.toISOString(),
  };
}

/** Metadata is added to and never removed. */
export const TAKEN_BACK: Readonly<Record<string, string>> = { [ACCEPTED_KEY]: 'taken back' };
