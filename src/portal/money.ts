/**
 * Money by day, kept until a sync has changed it: to sum the pay-ins of an instance that has 100,000 takes
 * the embedded database half a second, and an index for it would cost every posting something.
 */
import { moneyByDay, type MoneyOfDay } from '../store/overview';
import type { Db } from '../store/db';
import { listSyncs } from '../store/syncs';

/** @param from Unix seconds */
export type ReadMoney = (instanceId: string, from: number) => Promise<readonly MoneyOfDay[]>;

/** Milliseconds for which the sums of a running sync are shown again. */
const RUNNING_MS = 30_000;

/** Instances; each takes some kilobytes. */
const KEPT = 1_000;

interface Kept {
  readonly state: string;
  readonly readAt: number;
  readonly rows: Promise<readonly MoneyOfDay[]>;
}

export function createMoneyReader(db: Db, now: () => number = Date.now): ReadMoney {
  const kept = new Map<string, Kept>();
  return async (instanceId, from) => {
    // Only a sync changes pay-ins, and one that finds nothing changes none.
    const [newest] = await listSyncs(db, instanceId, 1, true);
    const state = [newest?.syncId, newest?.status, from].join();
    const known = kept.get(instanceId);
    const isFresh = newest?.status !== 'running' || now() - (known?.readAt ?? 0) < RUNNING_MS;
    if (known?.state === state && isFresh) return known.rows;
    kept.delete(instanceId);
    const [oldest] = kept.keys();
    if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
    const rows = moneyByDay(db, instanceId, from);
    kept.set(instanceId, { state, readAt: now(), rows });
    rows.catch(() => kept.delete(instanceId));
    return rows;
  };
}
