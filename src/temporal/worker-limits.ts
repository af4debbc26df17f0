/** How much of everything a worker takes on at once, and what it does with a run that it cannot go on with. */
import type { WorkerOptions } from '@temporalio/worker';

export const WORKER_LIMITS = {
  // They wait for Stripe, Blnk and Postgres most of the time. One sync takes at most 15 (12 windows
  // that are read, 3 pages that are sent), so some slow ones leave enough for the others.
  maxConcurrentActivityTaskExecutions: 100,
  // Each cached workflow is kept in memory; the default grows to hundreds.
  maxCachedWorkflows: 50,
  // After a crash its workflows wait this long for a worker that is gone.
  stickyQueueScheduleToStartTimeout: '3s',
} as const;

/**
 * A history that this code cannot replay ends its run as failed. By default the task would be tried again
 * for ever, and with it every start of the schedule skipped; the next run goes on from Postgres.
 */
export const UNREADABLE_HISTORY_FAILS = {
  workflowFailureErrorTypes: { '*': ['NondeterminismError'] },
} satisfies Pick<WorkerOptions, 'workflowFailureErrorTypes'>;

/** With a version, Temporal gives a worker the runs that have begun on it, and new ones while it is the current one. */
export function versionOptions(
  version: { readonly deploymentName: string; readonly buildId: string } | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (!version) return {};
  return {
    workerDeploymentOptions: {
      ...{ version, useWorkerVersioning: true },
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
