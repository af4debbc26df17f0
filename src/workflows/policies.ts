/** How each activity is retried. Every one has a total time limit, so a sync always ends. */
import {
  ActivityCancellationType,
  proxyActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { PRIORITY } from '../domain/names';
import { FEEDS, type Feed } from '../domain/feeds';

/** Waits grow from 1 s: long enough for a restart of Blnk or Postgres, short enough to go on quickly. */
const backoff = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** A killed worker is noticed after this. */
const KILLED_AFTER = '10s';

/** Asks Stripe or Blnk. The activity itself ends a fault that lasts too long (15 minutes). */
const outside: ActivityOptions = {
  // Longer than any one HTTP time-out with its repeats.
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: KILLED_AFTER,
  retry: backoff,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/**
 * A page of 500 postings through a slow ledger, 8 at a time, each answered shortly before its time-out of 30 s. Longer
 * than the patience, which the activity itself keeps.
 */
const page: ActivityOptions = {
  ...outside,
  startToCloseTimeout: '40m',
  scheduleToCloseTimeout: '6h',
};

/** Only Postgres: worth waiting a day for, since everything is posted by then. */
const store: ActivityOptions = {
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1d',
  heartbeatTimeout: KILLED_AFTER,
  retry: backoff,
};

/**
 * A full listing is long and can wait: what others have to do comes first on a busy worker. Everything
 * else, and the share of each instance, is inherited from the workflow.
 */
const BEHIND = { priority: { priorityKey: PRIORITY.listing } };

const priorityOf = (feed?: Feed): ActivityOptions =>
  feed !== undefined && FEEDS[feed].background ? BEHIND : {};

/** Activities whose line in the Web UI says what they work on. */
export const beginning = (summary: string) =>
  proxyActivities<Pick<Activities, 'beginSync'>>({ ...outside, summary });
export const fetching = (summary: string, feed: Feed) =>
  proxyActivities<Pick<Activities, 'fetchPayIns'>>({ ...outside, ...priorityOf(feed), summary });
export const sending = (summary: string, feed: Feed) =>
  proxyActivities<Pick<Activities, 'sendPayInsToBlnk'>>({ ...page, ...priorityOf(feed), summary });
export const settling = (summary: string, feed: Feed) =>
  proxyActivities<Pick<Activities, 'settleMovements' | 'settleFollowUps'>>({
    ...page,
    ...priorityOf(feed),
    summary,
  });
export const reconciling = (summary: string) =>
  proxyActivities<Pick<Activities, 'reconcile'>>({ ...page, summary });
export const proving = (summary: string) =>
  proxyActivities<Pick<Activities, 'provePostings'>>({ ...page, summary });
export const saving = (summary: string, feed?: Feed) =>
  proxyActivities<Pick<Activities, 'saveSyncRecord' | 'finishSync'>>({
    ...store,
    ...priorityOf(feed),
    summary,
  });
