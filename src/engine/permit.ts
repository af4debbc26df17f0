/**
 * Lets a page post while its instance may: an app that is uninstalled in the middle of a page stops
 * posting within a few payments.
 */

/** Postings of a page between two looks: three pages are sent at once, and look at least every 25 together. */
const BETWEEN_LOOKS = 8;

/** @param look throws when no more may be posted; the first one is before the first posting */
export function createPermit(look: () => Promise<void>): () => Promise<void> {
  let left = 0;
  let looking: Promise<void> | undefined;
  return async () => {
    while (left === 0) {
      looking ??= look()
        .then(() => void (left = BETWEEN_LOOKS))
        .finally(() => (looking = undefined));
      await looking;
    }
    left -= 1;
  };
}
