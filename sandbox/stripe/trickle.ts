/**
 * Keeps the demo alive: a new pay-in every few seconds, now and then one that was created long ago,
 * and after a minute one that cannot be posted, so that the quarantine has something to show.
 */
import { createRandom } from '../random';
import type { World } from './world';

export interface TrickleOptions {
  /** Default 5. */
  readonly everySeconds?: number;
  /** Default 60. */
  readonly problemAfterSeconds?: number;
  readonly onError: (error: unknown) => void;
}

/** Returns what stops it. */
export function startTrickle(world: World, options: TrickleOptions): () => void {
  const { everySeconds = 5, problemAfterSeconds = 60, onError } = options;
  const random = createRandom(Date.now());
  let turn = 0;

  const payIn = () => {
    turn += 1;
    const late = turn % 6 === 0 ? world.open()[0] : undefined;
    if (late !== undefined) return world.succeed(late);
    const currency = random.pick(['usd', 'usd', 'eur', 'gbp']);
    const amount = 500 + random.int(50_000);
    return world.pay({ amount, currency, description: 'Just now' });
  };
  const problem = () => world.pay({ currency: 'xts', description: 'A currency nobody knows' });

  const timer = setInterval(() => void payIn().catch(onError), everySeconds * 1000);
  const once = setTimeout(() => void problem().catch(onError), problemAfterSeconds * 1000);
  return () => {
    clearInterval(timer);
    clearTimeout(once);
  };
}
