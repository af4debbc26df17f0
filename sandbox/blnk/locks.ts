/**
 * Locked balances. Core locks both balances of a posting, waits a while for them, and answers 423; a
 * lock whose owner was killed stays for 300 seconds, and everything that touches the balance with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock';

export interface Lock {
  /** All balances of this "@name", in every currency. */
  readonly indicator: string;
  /** Virtual time at which it ends. */
  readonly untilSeconds: number;
  /** How long a posting waits before it gets its 423. Core's default is 3,000. */
  readonly waitMs: number;
}

export interface Locks {
  /** Default: what a killed Core leaves, 300 s of virtual time; nobody waits for it. */
  hold(indicator: string, options?: { readonly seconds?: number; readonly waitMs?: number }): void;
  release(indicator: string): void;
  clear(): void;
  list(): Lock[];
  /** false: still locked after the wait. */
  acquire(indicators: readonly string[]): Promise<boolean>;
}

const STALE_LOCK_SECONDS = 300;
const POLL_MS = 20;

export function createLocks(clock: Clock): Locks {
  const held = new Map<string, Lock>();

  const lockOn = (indicators: readonly string[]): Lock | null => {
    for (const indicator of indicators) {
      const lock = held.get(indicator);
      if (lock === undefined) continue;
      if (lock.untilSeconds > clock.nowSeconds()) return lock;
      held.delete(indicator);
    }
    return null;
  };

  return {
    hold: (indicator, { seconds = STALE_LOCK_SECONDS, waitMs = 0 } = {}) => {
      held.set(indicator, { indicator, untilSeconds: clock.nowSeconds() + seconds, waitMs });
    },
    release: (indicator) => void held.delete(indicator),
    clear: () => held.clear(),
    list: () => [...held.values()].filter((lock) => lock.untilSeconds > clock.nowSeconds()),
    acquire: async (indicators) => {
      const startedAt = Date.now();
      for (;;) {
        const lock = lockOn(indicators);
        if (lock === null) return true;
        if (Date.now() - startedAt >= lock.waitMs) return false;
        await sleep(Math.min(POLL_MS, lock.waitMs));
      }
    },
  };
}
