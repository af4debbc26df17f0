/**
 * Names of balances by their ids, kept in memory: an id never changes its name, so each is asked for
 * once. Shared by all ledgers of this process, and bounded.
 */
import { SyncError } from '../domain/errors';
import type { Ledger } from '../domain/ledger';

/** Some 20 MB; the oldest go first. */
const MOST = 100_000;

const names = new Map<string, string>();

/** The address keeps ledgers apart: none may answer for a balance of another one. */
export function rememberNames(
  ledger: Pick<Ledger, 'address' | 'indicatorsOf'>,
): Ledger['indicatorsOf'] {
  const keyOf = (id: string) => `${ledger.address}\n${id}`;
  return async (ids, signal) => {
    const known = new Map<string, string>();
    const unknown: string[] = [];
    for (const id of ids) {
      const name = names.get(keyOf(id));
      if (name === undefined) unknown.push(id);
      else known.set(id, name);
    }
    if (unknown.length === 0) return known;
    const told = await ledger.indicatorsOf(unknown, signal);
    if (!told) return undefined;
    for (const [id, name] of told) {
      known.set(id, name);
      names.set(keyOf(id), name);
    }
    for (const key of names.keys()) {
      if (names.size <= MOST) break;
      names.delete(key);
    }
    return known;
  };
}

/** undefined: the key may not. That is no reason to stop what it may. */
export async function unlessForbidden<Read>(work: () => Promise<Read>): Promise<Read | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SyncError && error.code === 'BLNK_PERMISSION_MISSING') return undefined;
    throw error;
  }
}
