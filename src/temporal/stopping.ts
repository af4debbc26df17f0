/** Ends what Temporal does for an instance: its schedule and its runs. */
import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { adhocWorkflowIdOf } from '../domain/ids';
import { handleOf, startedBy } from './schedules';

/**
 * Deletes the instance's schedule, so that nothing new starts, and returns the workflows that it had
 * running and the one that an ad-hoc sync would have.
 */
export async function deleteSchedule(client: Client, instanceId: string): Promise<string[]> {
  const handle = handleOf(client, instanceId);
  try {
    const description = await handle.describe();
    await handle.delete();
    return [adhocWorkflowIdOf(instanceId), ...startedBy(description)];
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return [adhocWorkflowIdOf(instanceId)];
    throw error;
  }
}

/** Asks a workflow to end in its own way; one that has ended, or never was, is left alone. */
export async function cancelWorkflow(client: Client, workflowId: string): Promise<void> {
  await unlessGone(client.workflow.getHandle(workflowId).cancel());
}

/**
 * Ends a workflow that nobody works on: no worker is there to hear that it is cancelled.
 * @param firstRunId of its chain; empty: whichever runs under that id
 */
export async function terminateWorkflow(
  client: Client,
  workflowId: string,
  why: string,
  firstRunId = '',
): Promise<void> {
  const chain = firstRunId === '' ? {} : { firstExecutionRunId: firstRunId };
  const handle = client.workflow.getHandle(workflowId, undefined, chain);
  await unlessGone(handle.terminate(`stripe-sync: ${why}`));
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
