/** Cuts a look-up into requests that Blnk answers whole. */
import pLimit from 'p-limit';

export interface BatchLimits {
  /** Most references, or ids, in one request. */
  readonly count: number;
  /** Most characters of them joined by commas. */
  readonly characters: number;
}

/** Requests of one look-up at a time: a page has ten of them, and three pages are looked up at once. */
const AT_ONCE = 4;

/** All that is found under the references, several requests at the same time. */
export async function inBatches<Found>(
  references: readonly string[],
  limits: BatchLimits,
  read: (batch: readonly string[]) => Promise<Found[]>,
): Promise<Found[]> {
  const limit = pLimit(AT_ONCE);
  const batches = cut(references, limits);
  return (await Promise.all(batches.map((batch) => limit(read, batch)))).flat();
}

function cut(references: readonly string[], { count, characters }: BatchLimits): string[][] {
  const batches: string[][] = [];
  let length = 0;
  for (const reference of references) {
    const batch = batches.at(-1);
    length += 1 + reference.length;
    if (batch && batch.length < count && length <= characters) {
      batch.push(reference);
    } else {
      batches.push([reference]);
      length = reference.length;
    }
  }
  return batches;
}
