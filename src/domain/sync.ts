/** What a sync is asked to do, and how it can end. */
import { formatTime } from './text';

export type Trigger = 'schedule' | 'cli' | 'start' | 'portal';

/** `full`: everything new. The other two never touch the watermark. */
export type Scope =
  | { readonly kind: 'full' }
  /** Creation times, Unix seconds: from inclusive, to exclusive. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'payment'; readonly paymentIntentId: string };

export type SyncStatus =
  'running' | 'completed' | 'completed_with_problems' | 'failed' | 'cancelled' | 'skipped';

/** Pay-ins of a page or a sync by outcome. found = posted + alreadyPosted + quarantined + beforeSince. */
export interface Counts {
  readonly found: number;
  readonly posted: number;
  readonly alreadyPosted: number;
  readonly quarantined: number;
  readonly beforeSince: number;
}

export const NO_COUNTS: Counts = {
  found: 0,
  posted: 0,
  alreadyPosted: 0,
  quarantined: 0,
  beforeSince: 0,
};

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    found: a.found + b.found,
    posted: a.posted + b.posted,
    alreadyPosted: a.alreadyPosted + b.alreadyPosted,
    quarantined: a.quarantined + b.quarantined,
    beforeSince: a.beforeSince + b.beforeSince,
  };
}

/** "10 found, 8 posted, 2 set aside". Without percentages: Stripe gives no totals. */
export function describeCounts(counts: Counts): string {
  return [`${counts.found} found`, ...describeOutcomes(counts)].join(', ');
}

export function describeOutcomes(counts: Omit<Counts, 'found'>): string[] {
  const parts = [
    [counts.posted, 'posted'],
    [counts.alreadyPosted, 'already in the ledger'],
    [counts.quarantined, 'set aside'],
    [counts.beforeSince, 'before SYNC_SINCE'],
  ] as const;
  return parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

/** What a sync is limited to, to be appended; nothing where it is not. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'full':
      return '';
    case 'payment':
      return `, only ${scope.paymentIntentId}`;
    case 'range':
      return `, created from ${formatTime(new Date(scope.from * 1000))} to ${formatTime(new Date(scope.to * 1000))}`;
  }
}
