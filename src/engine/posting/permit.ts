/**
 * Lets a page post while it may: a worker that has lost its lease, or whose app is uninstalled, in the middle of a page
 * begins at most so many more of its postings. Only the first one waits for a look, since the next look is made while
 * some may still go.
 */

/** Postings that may begin from one look on. Three pages are sent at once: 75 together. */
const FROM_A_LOOK = 25;

/** So many may still go when the next look is made: as many as may begin within a round trip to the database. */
const LEFT_AT_A_LOOK = 5;

/** @param look throws when no more may be posted; the first one is before the first posting */
export function createPermit(look: () => Promise<void>): () => Promise<void> {
  let left = 0;
  let looking: Promise<void> | undefined;
  let refusal: { readonly error: unknown } | undefined;

  async function lookAgain(): Promise<void> {
    const before = left;
    try {
      await look();
      refusal = undefined;
      // Whoever went meanwhile counts.
      left += FROM_A_LOOK - before;
    } catch (error) {
      refusal = { error };
      left = 0;
    } finally {
      looking = undefined;
    }
  }

  return async () => {
    while (left === 0) {
      await (looking ??= lookAgain());
      if (refusal) throw refusal.error;
    }
    left -= 1;
    if (left === LEFT_AT_A_LOOK) looking ??= lookAgain();
  };
}
