/** A busy account: so many pay-ins a second, for as long as it runs. */
import type { World } from './world';

const TICK_MS = 100;

export interface LoadOptions {
  readonly perSecond: number;
  readonly onError: (error: unknown) => void;
}

/** Returns what stops it. */
export function startLoad(world: World, { perSecond, onError }: LoadOptions): () => void {
  const startedAt = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    // By the time that has passed, not by the ticks: a late one makes up for it.
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    for (; made < due; made += 1) {
      void world.pay({ amount: 500 + (made % 5000), description: `Load ${made}` }).catch(onError);
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}
