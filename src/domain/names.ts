/** Names that Temporal clients outside this package rely on. */
export const TASK_QUEUE = 'stripe-sync';
export const WORKFLOW_TYPE = 'StripeSyncWorkflow';
export const PACKAGE_NAME = 'blnk-stripe-sync';
