/**
 * Disputes that the ledger holds as lost and our rows have forgotten, as after a lost database: by what is known now
 * nothing of them would be.
 */
import { lostLegs, type FinalDispute } from '../../domain/kinds/dispute';
import type { Chart } from '../../domain/movements/leg';
import type { Ledger } from '../../domain/ledger';
import { endsHeld } from './booked-ends';

/**
 * Of disputes whose rows come to nothing, those that were booked as lost before the last of them came.
 * @returns their ids; costs nothing where none is to be asked about
 */
export async function forgottenLosses(
  ledger: Ledger,
  chart: Chart,
  disputes: readonly FinalDispute[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const candidates = disputes
    .filter((one) => !one.wasLost && lostLegs(one, chart).length === 0)
    .map((one) => ({ id: one.dispute.id, legs: lostLegs({ ...one, wasLost: true }, chart) }));
  const legs = candidates.flatMap((one) => one.legs);
  const held = new Map(await endsHeld({ ledger, signal }, legs));
  const wereLost = candidates.filter((one) => one.legs.some((leg) => held.has(leg.reference)));
  return new Set(wereLost.map(({ id }) => id));
}
