/** What a run finds wrong with our own rows, over the rows of a proof world: production compares them in SQL. */
import type { ItemKind, ProofItem } from '../../../src/domain/proof/proof-items';
import type { ListedRow } from '../../../src/domain/proof/proof-search';

/** Without anything else that is known of it. */
export function itemOf(
  kind: ItemKind,
  reference: string,
  currency: string,
  amount: bigint,
): ProofItem {
  return { kind, reference, currency, amount, theirs: null, at: null, note: null };
}

/**
 * @param ours the rows that we had of a range before it was read again
 * @param theirs all that Stripe lists of it now
 */
export function againstStripe(ours: Iterable<ListedRow>, theirs: Iterable<ListedRow>): ProofItem[] {
  const listed = new Map([...theirs].map((row) => [row.id, row]));
  const items: ProofItem[] = [];
  const name = (kind: ItemKind, row: ListedRow, amount: bigint, theirs: bigint | null = null) =>
    items.push({ ...itemOf(kind, row.id, row.currency, amount), theirs, at: row.created });
  for (const row of ours) {
    const there = listed.get(row.id);
    listed.delete(row.id);
    if (there === undefined) name('missing_at_stripe', row, row.net);
    else if (there.currency !== row.currency) {
      name('other_at_stripe', row, row.net, 0n);
      name('other_at_stripe', there, 0n, there.net);
    } else if (there.net !== row.net) name('other_at_stripe', row, row.net, there.net);
  }
  for (const row of listed.values()) name('found_again', row, row.net);
  return items;
}

/**
 * Rows of ours that our movements do not add up to.
 * @param bookedOf what the movements of a row move, those set aside and a pay-in's own among them
 */
export function againstMovements(
  rows: Iterable<ListedRow>,
  bookedOf: (id: string) => bigint,
): ProofItem[] {
  return [...rows].flatMap((row) => {
    const amount = row.net - bookedOf(row.id);
    const item = itemOf('not_booked', row.id, row.currency, amount);
    return amount === 0n ? [] : [{ ...item, at: row.created }];
  });
}
