/** Work that is looked for again and again, for as long as a program runs. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two rounds that found nothing to do. */
const ROUND_MS = 1_000;

export interface Loop {
  /** Ends after what is under way. */
  stop(): Promise<void>;
}

/**
 * @param round does what is due and tells how much that was; its signal ends with the loop
 * @param failed told why a round was broken off: mostly the database is away, and what is in it waits
 */
export function startLoop(
  round: (signal: AbortSignal) => Promise<number>,
  failed: (error: unknown) => void,
): Loop {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const worked = await round(signal).catch((error: unknown) => {
        failed(error);
        return 0;
      });
      if (worked > 0) continue;
      await sleep(ROUND_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
