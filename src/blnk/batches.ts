/** Cuts a look-up into requests that Blnk answers whole. */
import { atOnce } from '../at-once';

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
  signal: AbortSignal,
  read: (batch: readonly string[], signal: AbortSignal) => Promise<Found[]>,
): Promise<Found[]> {
  return (await atOnce(cut(references, limits), AT_ONCE, signal, read)).flat();
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
