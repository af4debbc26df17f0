/** What rows are of, as it was read before: a right that the key has lost since takes nothing from what is known. */
import type { BalanceTransaction } from '../domain/balance-transaction';
import { rowsById } from '../store/balance-transactions';
import type { Queries } from '../store/db';

/** The same rows; of those that come without their source now, with the one that is kept. */
export async function withKeptSources(
  db: Queries,
  instanceId: string,
  rows: readonly BalanceTransaction[],
): Promise<readonly BalanceTransaction[]> {
  const unread = rows.filter(({ source }) => source.object === 'other').map(({ id }) => id);
  if (unread.length === 0) return rows;
  const kept = new Map((await rowsById(db, instanceId, unread)).map((bt) => [bt.id, bt.source]));
  return rows.map((bt) =>
    bt.source.object === 'other' ? { ...bt, source: kept.get(bt.id) ?? bt.source } : bt,
  );
}
