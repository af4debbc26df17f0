/**
 * Gathers what comes while a statement is under way into the next one: under load one statement does the
 * work of many, and alone each goes at once.
 */

/** In one statement, so that nobody waits for a very long one. */
const MOST = 100;

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (outcome: Out) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * @param write outcomes in the order of the items; when it throws, all of them have failed
 * @param keysOf two items that share a key never come together
 */
export function gather<In, Out>(
  write: (items: readonly In[]) => Promise<readonly Out[]>,
  keysOf: (item: In) => readonly string[],
): (item: In) => Promise<Out> {
  let line: Waiting<In, Out>[] = [];
  let writing = false;

  function nextBatch(): Waiting<In, Out>[] {
    const keys = new Set<string>();
    const batch: Waiting<In, Out>[] = [];
    const later: Waiting<In, Out>[] = [];
    for (const one of line) {
      const own = keysOf(one.item);
      const fits = batch.length < MOST && !own.some((key) => keys.has(key));
      (fits ? batch : later).push(one);
      // Also of one that has to wait: who comes after it must not overtake it.
      for (const key of own) keys.add(key);
    }
    line = later;
    return batch;
  }

  async function drain(): Promise<void> {
    while (line.length > 0) {
      const batch = nextBatch();
      try {
        const outcomes = await write(batch.map(({ item }) => item));
        for (const [at, outcome] of outcomes.entries()) batch[at]?.resolve(outcome);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      line.push({ item, resolve, reject });
      if (writing) return;
      writing = true;
      void drain();
    });
}
