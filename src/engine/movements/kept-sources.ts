/** What rows are of, as it was read before: a right that the key has lost since takes nothing from what is known. */
import type { BalanceTransaction, SourceObject } from '../../domain/movements/balance-transaction';
import { rowsById } from '../../store/balance-transactions';
import type { Queries } from '../../store/db';

/** The same rows; of those that come with no more than the id of their source now, with the one that is kept. */
export async function withKeptSources(
  db: Queries,
  instanceId: string,
  rows: readonly BalanceTransaction[],
): Promise<readonly BalanceTransaction[]> {
  const unread = rows.filter(({ source }) => isById(source)).map(({ id }) => id);
  if (unread.length === 0) return rows;
  const kept = new Map((await rowsById(db, instanceId, unread)).map((bt) => [bt.id, bt.source]));
  return rows.map((bt) =>
    isById(bt.source) ? { ...bt, source: kept.get(bt.id) ?? bt.source } : bt,
  );
}

/** Told by its id alone. A transfer that is read names the connected account, a dispute what it is about. */
function isById(source: SourceObject): boolean {
  switch (source.object) {
    case 'other':
      return true;
    case 'transfer':
      return source.destination === null;
    case 'dispute':
      return source.chargeId === null && source.paymentIntentId === null && source.amount === null;
    default:
      return false;
  }
}
