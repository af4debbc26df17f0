/**
 * Changes of the workflow that syncs under way must survive: a history replays on the code that wrote it.
 * Asked once, when a run begins: one that was begun by an earlier version stays on the earlier way to its
 * end, or until it continues as new. An id is never used again, nor is its place among those that are asked for
 * changed: kept histories of each landed version (test/replay) hold all ways.
 */
import { patched } from '@temporalio/workflow';

export interface Way {
  /** Pages that wait, a ledger that is proven before a sync completes. */
  readonly isSecondEngine: boolean;
  /** Everything that moves Stripe's balance is read, booked and proven. */
  readonly carriesMovements: boolean;
}

/** Each id that is new to a history costs its run two actions: the latest one implies all before it. */
export function wayOfRun(): Way {
  if (patched('movements-2')) return { isSecondEngine: true, carriesMovements: true };
  return { isSecondEngine: patched('engine-2'), carriesMovements: patched('movements-1') };
}
