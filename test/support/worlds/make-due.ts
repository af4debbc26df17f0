import type { Db } from '../../../src/store/db';
import { retryPayIns } from '../../../src/store/set-aside';

/** Makes one that is set aside due, or all; returns how many. */
export async function makeDue(db: Db, instanceId: string, id?: string): Promise<number> {
  const one = id === undefined ? undefined : ({ kind: 'one', paymentIntentId: id } as const);
  return (await retryPayIns(db, instanceId, one ?? { kind: 'all' })).due;
}
