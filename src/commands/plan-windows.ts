/** Which windows a sync would read if it began now. Decides as beginSync does, and writes nothing. */
import type { Connection } from '../engine/deps';
import { startOfListing } from '../engine/listing-start';
import {
  checkInstance,
  findNewestGone,
  instanceSettings,
  isPlannedOtherwise,
  sinceOf,
} from '../engine/source';
import { compareSource } from '../checks/source';
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import type { Scope } from '../domain/sync';
import {
  planListing,
  planPayment,
  planRange,
  planTail,
  tailStartOfListing,
  WATERMARK_LIFETIME,
  type ListingStart,
  type WindowPlan,
} from '../domain/window';
import type { Db } from '../store/db';
import type { InstanceRow } from '../store/instances';
import type { SourceRow } from '../store/sources';
import { openWindows } from '../store/windows';

export interface PlannedWindow extends WindowPlan {
  readonly cursor: string | null;
  /** A full listing that an earlier sync has begun. */
  readonly listingId: string | null;
}

export interface ReadingPlan {
  /** The source as far as it is trusted; undefined: everything is listed. */
  readonly trusted?: SourceRow;
  /** The source of which rows were left over or are due again. */
  readonly backlogOf?: string;
  readonly windows: readonly PlannedWindow[];
  readonly instance: InstanceRow;
}

const NEVER = new AbortController().signal;

/** Whoever waits at a terminal is told what a single look-up says. */
const ASKING = { signal: NEVER, waitsMs: [] };

/** The id of a listing that a plan alone would begin: no row carries it. */
const NOT_BEGUN = '';

/** @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED, SOURCE_CHANGED, STRIPE_*, BLNK_* */
export async function planReading(
  db: Db,
  ends: Connection,
  scope: Scope,
  acceptSource: boolean,
): Promise<ReadingPlan> {
  const { source, changed, error } = await compareSource(db, ends, NEVER);
  if (error && !acceptSource) throw error;
  // Another account or mode is not bound by what the first posting of the old one has fixed.
  const isBound = changed === undefined || changed === 'ledger';
  const instance = isBound ? await instanceOf(db, ends.config) : unbound(ends.config);
  const since = sinceOf(instance);
  const fresh = (plans: readonly WindowPlan[]) =>
    plans.map((plan) => ({ ...plan, cursor: null, listingId: null }));
  switch (scope.kind) {
    case 'range':
      return { windows: fresh(planRange(scope.from, scope.to, since)), instance };
    case 'payment':
      return { windows: fresh([planPayment(scope.paymentIntentId, since !== null)]), instance };
    case 'full': {
      const same = changed === undefined ? source : undefined;
      const trusted =
        same !== undefined &&
        !isPlannedOtherwise(same, instance.syncSince) &&
        (await findNewestGone(db, same.sourceId, ends.ledger, ASKING)).length === 0;
      return {
        ...(same && { backlogOf: same.sourceId }),
        ...(trusted && { trusted: same }),
        windows: await everythingNew(db, ends, trusted ? same : undefined, since),
        instance,
      };
    }
  }
}

/** A full listing from now on and the tail behind it: also what follows a watermark that is too old. */
export function listEverything(start: ListingStart, since: number | null): PlannedWindow[] {
  const tail = planTail(tailStartOfListing(start.startedAt, since), { takesOver: NOT_BEGUN });
  // The tail first: an event tells the time of success exactly, and a pay-in is judged once.
  return [tail, ...planListing(start, since)].map((plan) => ({
    ...plan,
    cursor: null,
    listingId: plan.feed === 'events' ? null : NOT_BEGUN,
  }));
}

async function everythingNew(
  db: Db,
  { stripe }: Connection,
  source: SourceRow | undefined,
  since: number | null,
): Promise<PlannedWindow[]> {
  const tail = (from: number, takesOver: string | null) => ({
    ...planTail(from, { takesOver, lookBack: takesOver === null && source?.lookBackDue === true }),
    ...{ cursor: null, listingId: null },
  });
  const watermark = source?.watermark ?? null;
  if (source && watermark !== null) return [tail(watermark, source.firstTailOf)];
  const start = await startOfListing(db, stripe, null, NEVER);
  const { listingId = null, listingStartedAt: startedAt = null } = source ?? {};
  if (listingId === null || startedAt === null || start.now - startedAt > WATERMARK_LIFETIME) {
    return listEverything(start, since);
  }
  const open = await openWindows(db, '', listingId);
  return [tail(tailStartOfListing(startedAt, since), listingId), ...open];
}

/** The row of an instance that nothing has run for yet is what the settings say. */
async function instanceOf(db: Db, config: InstanceConfig): Promise<InstanceRow> {
  try {
    return await checkInstance(db, config);
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'INSTANCE_UNKNOWN')) throw error;
    return unbound(config);
  }
}

function unbound(config: InstanceConfig): InstanceRow {
  return { ...instanceSettings(config), frozen: false };
}
