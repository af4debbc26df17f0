/** Asks the ledger for all that it may hold of some postings. */
import { unasked, type Found } from '../domain/decide';
import type { Ledger, LedgerEntry } from '../domain/ledger';

/**
 * Everything that `decide` wants to know of these references. One look-up in most cases; a second one
 * only for references that turn out to be burnt, so that the others cost nothing more.
 * @throws SyncError BLNK_*
 */
export async function lookUpAll(
  ledger: Ledger,
  references: readonly string[],
  signal: AbortSignal,
): Promise<Found> {
  const found = new Map<string, LedgerEntry | null>();
  for (;;) {
    const open = references.flatMap((reference) => unasked(reference, found));
    if (open.length === 0) return found;
    const entries = await ledger.lookUp(open, signal);
    for (const reference of open) found.set(reference, null);
    for (const entry of entries) found.set(entry.reference, entry);
  }
}
