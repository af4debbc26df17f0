/** Syncs as Temporal workflows: start one, and find out whether the owner of one still runs. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { adhocWorkflowIdOf } from '../domain/ids';
import { TASK_QUEUE, WORKFLOW_TYPE } from '../domain/names';
import type { Owner } from '../store/syncs';
import type { StripeSyncWorkflow } from '../workflows';
import type { SyncInput } from '../workflows/stripe-sync';

export type SyncHandle = WorkflowHandle<typeof StripeSyncWorkflow>;

export interface StartedSync {
  readonly handle: SyncHandle;
  readonly workflowId: string;
  readonly runId: string;
  /** It was running already; it was not started anew. */
  readonly joined: boolean;
}

/** Starts the instance's ad-hoc sync; one that is running is joined. */
export async function startAdhocSync(client: Client, input: SyncInput): Promise<StartedSync> {
  const workflowId = adhocWorkflowIdOf(input.instanceId);
  try {
    const started = await client.workflow.start<typeof StripeSyncWorkflow>(WORKFLOW_TYPE, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `Stripe to Blnk: ${input.instanceId}`,
    });
    const runId = started.firstExecutionRunId;
    return { handle: started, workflowId, runId, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle<typeof StripeSyncWorkflow>(workflowId);
    const description = await handle.describe();
    // Empty on servers that do not tell: then the run itself is the best guess.
    const firstRunId = description.raw.workflowExecutionInfo?.firstRunId ?? '';
    const runId = firstRunId === '' ? description.runId : firstRunId;
    return { handle, workflowId, runId, joined: true };
  }
}

/**
 * Whether the chain of runs that owns a sync is still open. An id may have been used again since, so
 * the chain's first run counts; what Temporal has forgotten is closed.
 * @throws SyncError TEMPORAL_UNAVAILABLE
 */
export async function isOwnerOpen(client: Client, owner: Owner): Promise<boolean> {
  try {
    const description = await client.workflow.getHandle(owner.workflowId).describe();
    if (description.status.name !== 'RUNNING') return false;
    const firstRunId = description.raw.workflowExecutionInfo?.firstRunId ?? '';
    // A server that does not tell gets the benefit of the doubt: two owners would fight for the lease.
    return firstRunId === '' || firstRunId === owner.firstRunId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw new SyncError('TEMPORAL_UNAVAILABLE', { workflow: owner.workflowId }, { cause: error });
  }
}
