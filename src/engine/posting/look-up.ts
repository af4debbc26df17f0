/** Asks the ledger for all that it may hold of some postings. */
import { unasked, type Found } from '../../domain/decide';
import { secondPairOf } from '../../domain/ids';
import type { Ledger, LedgerEntry } from '../../domain/ledger';

/**
 * Everything that `decide` wants to know of these references. One look-up in most cases; a second one
 * only for references that turn out to be burnt, so that the others cost nothing more; and the names of
 * balances only where something was found, so that new pay-ins cost nothing more either.
 * @param held references that they stand under by our own rows; null: none is known
 * @throws SyncError BLNK_*
 */
export async function lookUpAll(
  ledger: Ledger,
  references: readonly string[],
  signal: AbortSignal,
  held: readonly (string | null)[] = [],
): Promise<Found> {
  const stood = held.flatMap((reference) => (reference === null ? [] : secondPairOf(reference)));
  const found = new Map<string, LedgerEntry | null>();
  for (;;) {
    const own = references.flatMap((reference) => unasked(reference, found));
    const open = [...new Set([...own, ...stood.filter((reference) => !found.has(reference))])];
    if (open.length === 0) return withNames(ledger, found, signal);
    const entries = await ledger.lookUp(open, signal);
    for (const reference of open) found.set(reference, null);
    for (const entry of entries) found.set(entry.reference, entry);
  }
}

/**
 * Blnk answers with the ids of balances. A name that is not to be had stays unknown, and what is unknown
 * is neither compared nor claimed.
 */
async function withNames(ledger: Ledger, found: Found, signal: AbortSignal): Promise<Found> {
  const entries = [...found.values()].filter((entry) => entry !== null);
  const ids = entries.flatMap(({ source, destination }) => [source, destination]).filter(isId);
  if (ids.length === 0) return found;
  const names = await ledger.indicatorsOf([...new Set(ids)], signal);
  const named = (balance: string | null) =>
    isId(balance) ? (names?.get(balance) ?? null) : balance;
  const resolved = new Map(found);
  for (const entry of entries) {
    const { source, destination } = entry;
    resolved.set(entry.reference, {
      ...entry,
      source: named(source),
      destination: named(destination),
    });
  }
  return resolved;
}

function isId(balance: string | null): balance is string {
  return balance !== null && !balance.startsWith('@');
}
