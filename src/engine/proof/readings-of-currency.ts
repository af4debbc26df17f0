/** Readings of Stripe's balance in one currency, each with the stored rows around it. */
import { heldIn, totalOf, type BalanceReading } from '../../domain/proof/balance-reading';
import type { OpeningReading } from '../../domain/opening/opening';
import { rowsAroundEach } from '../../store/rows-around';
import type { ProofWork } from './proof-work';

/** @param listedTo Unix seconds of Stripe's clock when the newest rows were asked for */
export async function readingsOfCurrency(
  { db, sync: { sourceId }, attempt }: Pick<ProofWork, 'db' | 'sync' | 'attempt'>,
  readings: readonly BalanceReading[],
  currency: string,
  listedTo: number,
): Promise<OpeningReading[]> {
  const times = readings.map(({ at }) => at);
  const around = await rowsAroundEach(db, sourceId, currency, times);
  attempt.succeeded();
  return readings.flatMap((reading, index) => {
    const rows = around[index];
    const { at } = reading;
    return rows ? [{ at, total: totalOf(heldIn(reading, currency)), rows, listedTo }] : [];
  });
}
