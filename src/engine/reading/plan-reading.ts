/**
 * What a sync reads, decided from what is known of its source: for a sync that begins, for one that plans
 * again, and for a dry run. Pure, so that all three read the same.
 */
import { FEEDS } from '../../domain/feeds';
import type { Scope } from '../../domain/sync';
import {
  planListing,
  planPayment,
  planRange,
  planTail,
  tailStartOfListing,
  type ListingStart,
  type PayInWindow,
} from '../../domain/window';
import type { SourceRow } from '../../store/sources';

/** How far a source was read; nothing of it where it is not trusted. */
export type ReadSoFar = Pick<
  SourceRow,
  'watermark' | 'readTo' | 'listingId' | 'listingStartedAt' | 'firstTailOf' | 'lookBackDue'
>;

export const NOTHING_READ: ReadSoFar = {
  watermark: null,
  readTo: null,
  listingId: null,
  listingStartedAt: null,
  firstTailOf: null,
  lookBackDue: false,
};

export interface PlanningFacts {
  /** When a listing would start; null: none has to be planned, since there is a watermark. */
  readonly start: ListingStart | null;
  /** Unix seconds before which pay-ins are not posted; null = post all. */
  readonly since: number | null;
  /** Whether this sync plans for the first time. */
  readonly isFirst: boolean;
  /** The id of a listing that starts at this time. */
  readonly listingIdAt: (startedAt: number) => string;
}

export interface Reading {
  /** A full listing that begins, in place of what was planned before it. */
  readonly listing?: {
    readonly listingId: string;
    readonly startedAt: number;
    readonly windows: readonly PayInWindow[];
  };
  /** What is read besides, and belongs to this sync alone. */
  readonly windows: readonly PayInWindow[];
}

export function planReading(source: ReadSoFar, scope: Scope, facts: PlanningFacts): Reading {
  const { since, isFirst } = facts;
  switch (scope.kind) {
    case 'range':
      return { windows: isFirst ? planRange(scope.from, scope.to, since) : [] };
    case 'payment':
      return { windows: isFirst ? [planPayment(scope.paymentIntentId, since !== null)] : [] };
    case 'full':
      return planEverything(source, facts);
  }
}

function planEverything(source: ReadSoFar, facts: PlanningFacts): Reading {
  const { start, since, isFirst, listingIdAt } = facts;
  if (needsListing(source, start)) {
    if (start === null) throw new Error('a listing was planned without the time');
    const { startedAt } = start;
    const listingId = listingIdAt(startedAt);
    const tail = planTail(tailStartOfListing(startedAt, since), { takesOver: listingId });
    return {
      listing: { listingId, startedAt, windows: planListing(start, since, source.readTo) },
      windows: [tail],
    };
  }
  if (!isFirst) return { windows: [] };
  const { listingId, listingStartedAt } = source;
  const underWay = listingStartedAt === null ? null : tailStartOfListing(listingStartedAt, since);
  const from = source.watermark ?? underWay;
  if (from === null) throw new Error('a tail was planned without a watermark');
  const takesOver = listingId ?? source.firstTailOf;
  const lookBack = takesOver === null && source.lookBackDue;
  return { windows: [planTail(from, { lookBack, takesOver })] };
}

/** Nothing tells how far it was read, or a listing has gone on for so long that its tail would be too old. */
function needsListing(
  { watermark, listingId, listingStartedAt: startedAt }: ReadSoFar,
  start: ListingStart | null,
): boolean {
  if (watermark !== null) return false;
  const age = startedAt !== null && start !== null ? start.now - startedAt : 0;
  return listingId === null || age > FEEDS.events.tail.lifetime;
}
