/**
 * A time limit on silence: aborts what goes on without one success, whatever it hangs in (a queue, an
 * answer that drips, a request that nobody answers).
 */
import { setMaxListeners } from 'node:events';

export interface Silence {
  /** Aborted by the outer signal, or with `reason` once nothing has succeeded for long enough. */
  readonly signal: AbortSignal;
  /** Whether the time was up. */
  readonly isOver: boolean;
  succeeded(): void;
  stop(): void;
}

/**
 * @param leftMs milliseconds until the first success must have come
 * @param limitMs milliseconds between successes
 */
export function createSilence(
  outer: AbortSignal,
  { leftMs, limitMs }: { readonly leftMs: number; readonly limitMs: number },
  reason: () => Error,
): Silence {
  const limit = new AbortController();
  const signal = AbortSignal.any([outer, limit.signal]);
  // Each request of a page listens to it.
  setMaxListeners(0, signal);
  let endsAt = performance.now() + leftMs;
  let timer = setTimeout(look, leftMs);

  /** One timer for all successes: a page has hundreds of them. */
  function look(): void {
    const left = endsAt - performance.now();
    if (left <= 0) limit.abort(reason());
    else timer = setTimeout(look, Math.ceil(left));
  }

  return {
    signal,
    get isOver() {
      return limit.signal.aborted;
    },
    succeeded() {
      endsAt = performance.now() + limitMs;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
