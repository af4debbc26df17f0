/** Several calls at a time, which a first failure ends: what repeats them would have the rest going on beside it. */
import pLimit from 'p-limit';

/**
 * After a first failure nothing more is begun, and what is under way is called off and waited for.
 * @param most of them under way together
 * @returns what came of each, in their order
 * @throws the first failure
 */
export async function atOnce<One, Done>(
  all: readonly One[],
  most: number,
  signal: AbortSignal,
  work: (one: One, signal: AbortSignal) => Promise<Done>,
): Promise<Done[]> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const limit = pLimit(most);
  const failed: number[] = [];
  const underWay = all.map((one, index) =>
    limit(async () => {
      try {
        either.throwIfAborted();
        return await work(one, either);
      } catch (error) {
        failed.push(index);
        // Here, since the next one begins before whoever waits for this one knows.
        over.abort();
        throw error;
      }
    }),
  );
  await Promise.allSettled(underWay);
  const [first] = failed;
  return Promise.all(first === undefined ? underWay : underWay.slice(first, first + 1));
}
