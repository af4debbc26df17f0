/** The plan of a first sync for somebody who waits for a page: told in time, or as far as it has come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../domain/errors';
import { EMPTY_PLAN, withPayments, type FirstPlan } from '../domain/first-plan';
import { may } from '../domain/permissions';
import type { SyncAccess } from './config-of';
import { connectInstance, type Limits } from './registry';
import type { Db } from '../store/db';
import { dryRun } from '../engine/dry-run';

/** How much is read at most: some 50 pages of Stripe's, or what a browser waits for. */
const MOST_READ = { payIns: 5_000, milliseconds: 20_000 };

class LongEnough extends Error {}

/**
 * Posts and writes nothing.
 * @param isChange the owner has confirmed another account or mode than the one before
 * @throws SyncError as `dryRun`
 */
export function firstPlanner(db: Db, limits: Limits = {}, most = MOST_READ) {
  return async ({ config, ...access }: SyncAccess, isChange: boolean): Promise<FirstPlan> => {
    let plan = EMPTY_PLAN;
    let isOver = false;
    const ends = connectInstance(() => Promise.resolve(db), config, limits, access);
    // Else all that the ledger holds would be counted as to be posted, and the button says so.
    if (!may(ends.grants, 'data:read')) {
      throw new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:read' });
    }
    const parts = {
      ...{ db, ends },
      list: (payments: Parameters<typeof withPayments>[1]) => {
        if (!isOver) plan = withPayments(plan, payments);
      },
      show: (found: number) => {
        if (isOver || found >= most.payIns) throw new LongEnough();
      },
    };
    const planned = dryRun(parts, { kind: 'full' }, isChange).then(
      () => true,
      (error: unknown) => {
        // What comes after its time was told already as far as it had come.
        if (error instanceof LongEnough || isOver) return false;
        throw error;
      },
    );
    const waiting = sleep(most.milliseconds, false, { ref: false });
    const isComplete = await Promise.race([planned, waiting]);
    isOver = true;
    return { ...plan, isComplete };
  };
}
