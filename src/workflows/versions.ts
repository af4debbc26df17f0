/**
 * Changes of the workflow that syncs under way must survive: a history replays on the code that wrote it.
 * Asked once, when a run begins: one that was begun by an earlier version stays on the earlier way to its
 * end, or until it continues as new. An id is never used again, and kept histories of each landed version
 * (test/replay) hold both ways.
 */
import { patched } from '@temporalio/workflow';

/** Everything that moves Stripe's balance is read, booked and proven. */
export function carriesMovements(): boolean {
  return patched('movements-1');
}

/** The second engine: pages that wait, a ledger that is proven before a sync completes. */
export function isSecondEngine(): boolean {
  return patched('engine-2');
}
