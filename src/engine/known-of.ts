/** What our own rows know of the payments behind rows of the balance: of a whole page at once. */
import type { BalanceTransaction } from '../domain/balance-transaction';
import { NOTHING_KNOWN, type Known } from '../domain/known';
import type { Chart } from '../domain/leg';
import type { Db } from '../store/db';

export interface KnownPlace {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly chart: Chart;
  readonly openedAt: Date;
}

export async function knownOf(
  _db: Db,
  _place: KnownPlace,
  _rows: readonly BalanceTransaction[],
): Promise<(bt: BalanceTransaction) => Known> {
  return () => NOTHING_KNOWN;
}
