/** What was found of postings of others, once a person has decided about some of it. */
import type { ProofItem } from './proof-items';

/**
 * Those that nobody has decided since they were found: one that is accepted by now is no fault any more, nor is one
 * that is gone where its acceptance was taken back.
 * @param named by a proof, which names what is accepted now
 */
export function undecided(
  found: readonly ProofItem[],
  named: readonly ProofItem[],
): readonly ProofItem[] {
  const accepted = new Set(named.filter(({ kind }) => kind === 'accepted').map(keyOf));
  return found.filter((item) => {
    if (item.kind === 'foreign') return !accepted.has(keyOf(item));
    return item.kind !== 'accepted_gone' || accepted.has(keyOf(item));
  });
}

function keyOf({ reference, currency, amount }: ProofItem): string {
  return [reference, currency, amount].join(' ');
}
