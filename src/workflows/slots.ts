/** Bounds how much is under way at once. Promises only, so that it replays the same in a workflow. */

export interface Slots {
  readonly taken: number;
  /** Resolves when there is a place, in the order of asking; each must be released. */
  take(): Promise<void>;
  release(): void;
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    async take() {
      // A place that is released goes to the next in line without becoming free in between.
      if (taken >= count) return new Promise((resolve) => waiting.push(resolve));
      taken += 1;
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else taken -= 1;
    },
  };
}
