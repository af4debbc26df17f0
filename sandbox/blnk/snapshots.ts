/**
 * What a balance was at a moment that has passed: from all of its rows, or from a snapshot and the rows that
 * took effect after it. The second way misses what was posted later with an earlier date.
 */
import type { Balance, Balances } from './balances';
import type { Row } from './rows';

export interface Turnovers {
  readonly debit: bigint;
  readonly credit: bigint;
}

export interface Snapshot extends Turnovers {
  readonly micros: number;
}

interface Snapshots {
  take(micros: number): void;
  of(balance: Balance, untilMicros: number): Snapshot | null;
}

const DAY = 86_400_000_000;

export function createSnapshots(balances: Balances): Snapshots {
  /** Of each balance, oldest first. */
  const taken = new Map<string, Snapshot[]>();
  return {
    take: (micros) => {
      for (const { id, debit, credit } of balances.all()) {
        const own = taken.get(id) ?? [];
        // One a day, whatever has moved since.
        if (own.some((one) => Math.floor(one.micros / DAY) === Math.floor(micros / DAY))) continue;
        taken.set(id, [...own, { micros, debit, credit }]);
      }
    },
    of: ({ id }, untilMicros) =>
      (taken.get(id) ?? []).findLast(({ micros }) => micros <= untilMicros) ?? null,
  };
}

/** Of the rows that took effect until then, on top of a snapshot where there is one. */
export function turnoversOf(
  rows: readonly Row[],
  balance: Balance,
  untilMicros: number,
  from: Snapshot | null,
): Turnovers {
  let debit = from?.debit ?? 0n;
  let credit = from?.credit ?? 0n;
  for (const row of rows) {
    if (row.status !== 'APPLIED') continue;
    const effective = row.effectiveMicros ?? row.createdMicros;
    if (effective > untilMicros || (from !== null && effective <= from.micros)) continue;
    if (row.source === balance) debit += row.amount;
    if (row.destination === balance) credit += row.amount;
  }
  return { debit, credit };
}
