/** What each thing that a proof names needs, so that the next one no longer does. */
import { isTogether, type ItemKind, type ProofItem } from './proof-items';

/**
 * `sync`: the next sync does it by itself. `post_again`: it does so once the posting is staged. `recount`: Core counts
 * the balance anew. `decide`: accepted with a note, or reversed. `take_back`: its acceptance is of something that is
 * gone. `person`: nothing that a program could do.
 */
export type Remedy = 'sync' | 'post_again' | 'recount' | 'decide' | 'take_back' | 'person';

/** null: nothing is needed. */
const REMEDIES: Record<ItemKind, Remedy | null> = {
  not_yet_in_stripe: null,
  set_aside: null,
  accepted: null,
  left_account: null,
  found_again: null,
  booked_again: null,
  posted_again: null,
  not_booked: 'sync',
  missing_at_stripe: 'person',
  other_at_stripe: 'person',
  missing_in_ledger: 'post_again',
  accepted_gone: 'take_back',
  other_in_ledger: 'person',
  foreign: 'decide',
  corrupt_debits: 'recount',
  corrupt_credits: 'recount',
};

export interface Repair {
  readonly item: ProofItem;
  readonly remedy: Remedy;
}

export function repairsOf(items: readonly ProofItem[]): Repair[] {
  return items.flatMap((item) => {
    const remedy = REMEDIES[item.kind];
    // Without a reference there is nothing to stage: a sync finds what is left, and stages it itself.
    const isNamed = remedy !== 'post_again' || !isTogether(item);
    return remedy === null ? [] : [{ item, remedy: isNamed ? remedy : 'sync' }];
  });
}

/** As the end of a line; `<it>` is the reference. */
export const REMEDY_TEXT: Record<Remedy, string> = {
  sync: 'the next sync books what is missing',
  post_again: 'staged again, and posted by the next sync under its reference',
  recount: 'Core counts the balance again from its postings; needs the master key',
  decide:
    '`reconcile accept` with a note if it is right, else `repair --apply --reverse` with its reference and a note',
  take_back: '`reconcile accept --undo` if it is right that it is gone',
  person: 'a person has to look at it; this program overwrites nothing of it',
};
