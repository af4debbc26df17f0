/** Syncs as Temporal workflows: start one, end one, and find out whether the owner of one still runs. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionStatusName,
  type WorkflowHandle,
} from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { adhocWorkflowIdOf } from '../domain/ids';
import { PRIORITY, TASK_QUEUE, WORKFLOW_TYPE } from '../domain/names';
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
      priority: { priorityKey: PRIORITY.adhoc, fairnessKey: input.instanceId },
    });
    const runId = started.firstExecutionRunId;
    return { handle: started, workflowId, runId, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle<typeof StripeSyncWorkflow>(workflowId);
    const runId = firstRunOf(await handle.describe());
    return { handle, workflowId, runId, joined: true };
  }
}

/** The chain of runs that owns a sync, whatever runs under its id later. */
export function syncHandle(client: Client, { workflowId, firstRunId }: Owner): SyncHandle {
  const options = { firstExecutionRunId: firstRunId };
  return client.workflow.getHandle<typeof StripeSyncWorkflow>(workflowId, undefined, options);
}

/**
 * Asks the chain of runs that owns a sync to end. It closes its row by itself, with what it has done.
 * @throws SyncError NOT_FOUND when it has ended already or is unknown
 */
export async function cancelSync(client: Client, owner: Owner): Promise<SyncHandle> {
  const { workflowId } = owner;
  const handle = syncHandle(client, owner);
  try {
    await handle.cancel();
    return handle;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const next = 'It has ended by itself; `syncs show` tells how.';
    throw new SyncError('NOT_FOUND', { 'running workflow': workflowId }, { cause: error, next });
  }
}

/** The instance's ad-hoc sync that is open, also one that no worker has taken up yet. */
export async function findAdhocSync(
  client: Client,
  instanceId: string,
): Promise<Owner | undefined> {
  const workflowId = adhocWorkflowIdOf(instanceId);
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    if (!isOpen(description)) return undefined;
    return { workflowId, firstRunId: firstRunOf(description) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Servers that do not tell the chain's first run leave it empty: then the run itself is the best guess. */
export function firstRunOf(description: WorkflowExecutionDescription): string {
  const firstRunId = description.raw.workflowExecutionInfo?.firstRunId ?? '';
  return firstRunId === '' ? description.runId : firstRunId;
}

/** One that a person has paused may go on at any time. */
const OPEN: ReadonlySet<WorkflowExecutionStatusName> = new Set(['RUNNING', 'PAUSED']);

export function isOpen({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return OPEN.has(status.name);
}

/**
 * Whether the chain of runs that owns a sync is still open. An id may have been used again since, so
 * the chain's first run counts; what Temporal has forgotten is closed.
 * @throws SyncError TEMPORAL_UNAVAILABLE
 */
export async function isOwnerOpen(client: Client, owner: Owner): Promise<boolean> {
  try {
    const description = await client.workflow.getHandle(owner.workflowId).describe();
    if (!isOpen(description)) return false;
    const firstRunId = description.raw.workflowExecutionInfo?.firstRunId ?? '';
    // A server that does not tell gets the benefit of the doubt: two owners would fight for the lease.
    return firstRunId === '' || firstRunId === owner.firstRunId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw new SyncError('TEMPORAL_UNAVAILABLE', { workflow: owner.workflowId }, { cause: error });
  }
}
