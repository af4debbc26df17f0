/** What the worker bundles. */
export { StripeSyncWorkflow } from './stripe-sync';
