/** Names that Temporal clients outside this package rely on. */
export const TASK_QUEUE = 'stripe-sync';
export const WORKFLOW_TYPE = 'StripeSyncWorkflow';

/** Temporal's priority keys, 1 first: who waits for a sync, then the schedules, then long listings. Their fairness key is the instance id. */
export const PRIORITY = { adhoc: 2, scheduled: 3, listing: 4 } as const;

export const PACKAGE_NAME = 'blnk-stripe-sync';
