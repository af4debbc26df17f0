/** How much of everything a worker takes on at once. */
export const WORKER_LIMITS = {
  // They wait for Stripe, Blnk and Postgres most of the time. One instance takes at most 12 for its
  // pages, so some slow ones leave enough for the others.
  maxConcurrentActivityTaskExecutions: 100,
  // Each cached workflow is kept in memory; the default grows to hundreds.
  maxCachedWorkflows: 50,
  // After a crash its workflows wait this long for a worker that is gone.
  stickyQueueScheduleToStartTimeout: '3s',
} as const;
