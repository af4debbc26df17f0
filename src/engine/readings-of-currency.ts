/** Readings of Stripe's balance in one currency, each with the stored rows around it. */
import { heldIn, totalOf, type BalanceReading } from '../domain/balance-reading';
import type { OpeningReading } from '../domain/opening';
import { rowsAround } from '../store/rows-around';
import type { ProofWork } from './proof-work';

/** @param listedTo Unix seconds of Stripe's clock when the newest rows were asked for */
export async function readingsOfCurrency(
  { db, sync: { sourceId } }: Pick<ProofWork, 'db' | 'sync'>,
  readings: readonly BalanceReading[],
  currency: string,
  listedTo: number,
): Promise<OpeningReading[]> {
  const found: OpeningReading[] = [];
  for (const reading of readings) {
    const { at } = reading;
    const rows = await rowsAround(db, sourceId, currency, at, 0n);
    found.push({ at, total: totalOf(heldIn(reading, currency)), rows, listedTo });
  }
  return found;
}
