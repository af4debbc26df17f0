/**
 * How fast requests may follow each other at one ledger: without a limit until it says 429, then at what it
 * took, a little less each time it says so again and a little more with each success.
 */
import type { SyncError } from '../domain/errors';

export interface Pace {
  /** Requests a second; Infinity: no limit is known. */
  readonly perSecond: number;
  /** Resolves when the next request may go out. Rejects when the signal ends the waiting. */
  turn(signal?: AbortSignal): Promise<void>;
  /** A request of this turn was answered. */
  succeeded(): void;
  /**
   * A 429.
   * @param turnOf `count` as it was when the request went out: of those in flight together one slows down
   */
  limited(error: SyncError, turnOf: number): void;
  /** How often it was slowed down. */
  readonly count: number;
}

export interface PaceOptions {
  /** Milliseconds of the first pause without a word of the ledger about how long. Default 500. */
  readonly firstPauseMs?: number;
  /** Requests a second that are tried in any case. Default 1. */
  readonly slowest?: number;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
}

const FIRST_PAUSE_MS = 500;
/** Doubled up to so many times the first while nothing gets through. */
const LONGEST_PAUSE = 64;

/** Of what got through, so that the next burst is not one too many. */
const BACK_OFF = 0.8;
/** Requests a second more with each success: 10 % a second, whatever the rate. */
const SPEED_UP = 0.1;
const SLOWEST = 1;
/** A 429 that has nothing to do with the rate must not slow down without end: to half of the best. */
const HALF = 0.5;
/** Milliseconds for which the best counts. */
const BEST_MS = 60_000;
/** From here on a limit is none. */
const UNLIMITED = 1_000;

/** Milliseconds over which is counted what gets through. */
const MEASURED_MS = 2_000;

export function createPace(options: PaceOptions = {}): Pace {
  const {
    firstPauseMs = FIRST_PAUSE_MS,
    slowest = SLOWEST,
    now = () => performance.now(),
  } = options;
  let perSecond = Infinity;
  let count = 0;
  let nextAt = 0;
  let pausedUntil = 0;
  let pauseMs = firstPauseMs;
  /** Moments of the latest successes. */
  let successes: number[] = [];
  let best = { perSecond: 0, at: 0 };

  function measured(): number {
    const at = now();
    successes = successes.filter((moment) => at - moment < MEASURED_MS);
    const [first = at] = successes;
    // A burst of a moment is counted as if it had taken a second: the second is what limits are made of.
    return successes.length / (Math.max(1_000, at - first) / 1_000);
  }

  return {
    get perSecond() {
      return perSecond;
    },
    get count() {
      return count;
    },
    async turn(signal) {
      for (;;) {
        const at = now();
        const turnAt = Math.max(at, pausedUntil, nextAt);
        if (perSecond !== Infinity) nextAt = turnAt + 1_000 / perSecond;
        if (turnAt <= at) return;
        await wait(turnAt - at, signal);
        // Unless all were told to pause meanwhile.
        if (now() >= pausedUntil) return;
      }
    },
    succeeded() {
      successes.push(now());
      if (successes.length > 4_096) successes.splice(0, 2_048);
      pauseMs = firstPauseMs;
      perSecond += SPEED_UP;
      if (perSecond >= UNLIMITED) perSecond = Infinity;
    },
    limited(error, turnOf) {
      if (turnOf !== count) return;
      count += 1;
      const told = error.retryAfterMs;
      pausedUntil = now() + (told ?? pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE * firstPauseMs, pauseMs * 2);
      nextAt = pausedUntil;
      const allowed = Number(error.details['per_second'] ?? Infinity);
      const through = measured();
      const isBest = through >= best.perSecond || now() - best.at > BEST_MS;
      if (isBest) best = { perSecond: through, at: now() };
      const least = Math.min(best.perSecond * HALF, allowed * BACK_OFF);
      const slower = Math.min(perSecond, through, allowed) * BACK_OFF;
      perSecond = Math.max(slowest, least, slower);
    },
  };
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(asError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, Math.ceil(ms));
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
