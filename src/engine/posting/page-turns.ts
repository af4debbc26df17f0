/**
 * Pages that are posted to one ledger at the same time. If they shared its places evenly they would end together, and
 * then be read, staged and looked up together while nothing is posted. So the page that came first has as many as it
 * can fill until the last of it has begun, and each of the others goes on with a few.
 */

/** Postings of the first page that are in flight or next in line at the ledger's limit. */
export const MOST_PLACES = 16;

/** Of each other page: what has few postings must not wait for what has many. */
const FEW_PLACES = 4;

/** Told how many postings of a page may be under way, at once and whenever that changes. */
export type OnPlaces = (places: number) => void;

/** By the ledger's address, in the order of coming. */
const lines = new Map<string, Set<OnPlaces>>();

/** @returns ends the turn: the next page comes first */
export function takeTurn(address: string, onPlaces: OnPlaces): () => void {
  const line = lines.get(address) ?? new Set();
  lines.set(address, line.add(onPlaces));
  onPlaces(line.size === 1 ? MOST_PLACES : FEW_PLACES);
  return () => {
    line.delete(onPlaces);
    const [first] = line;
    if (first) first(MOST_PLACES);
    else lines.delete(address);
  };
}
