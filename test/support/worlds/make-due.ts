import type { Db } from '../../../src/store/db';
import { retryPayIns } from '../../../src/store/set-aside';

/** Makes one that is set aside due, or all; returns how many. */
export async function makeDue(db: Db, instanceId: string, id?: string): Promise<number> {
  const one = id === undefined ? undefined : ({ kind: 'one', id } as const);
  return (await retryPayIns(db, instanceId, one ?? { kind: 'all' })).due;
}

/** Stripe is asked about every open dispute with the next sync, as it is once a day. */
export async function askAboutDisputes(db: Db, instanceId: string): Promise<void> {
  await db.query(`update disputes set asked_at = '-infinity' where instance_id = $1`, [instanceId]);
}

/** The same of legs: a person names them one by one. */
export async function makeLegsDue(db: Db, instanceId: string): Promise<void> {
  await db.query(
    `update movements set retry_at = now()
     where instance_id = $1 and leg is not null and state = 'quarantined'`,
    [instanceId],
  );
}
