/** Deletes what is kept about instances that were left, as long after it as the settings say. */
import type { InstanceDeps } from './deps';
import { codeOf } from '../temporal/faults';
import { leftInstances, purgeInstance } from '../store/purge';

/** Of one round: each may hold a million pay-ins. */
const AT_ONCE = 5;

/** @returns how many were deleted */
export async function purgeLeft(deps: InstanceDeps): Promise<number> {
  const { db, log, connected } = deps;
  const left = await leftInstances(db, connected.keepDays, AT_ONCE);
  let purged = 0;
  for (const instanceId of left) {
    try {
      // Looked at again under its lock: its app may be installed again just now.
      const rows = await db.transaction(async (tx) => {
        const still = await leftInstances(tx, connected.keepDays, 1, instanceId);
        return still.length > 0 ? purgeInstance(tx, instanceId) : undefined;
      });
      if (!rows) continue;
      log.info({ instanceId, rows }, 'instance.purged');
      purged += 1;
    } catch (error) {
      log.warn({ instanceId, code: codeOf(error) }, 'instance.not_purged');
    }
  }
  return purged;
}
