/** What the run of a sync waits for just now: the step of it that has failed most often and is tried again. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time';
import type { ErrorCode } from '../domain/errors';
import { codeOf } from './runs';

export interface Waiting {
  /** Why the step has failed last. */
  readonly code: ErrorCode;
  /** Tries so far, the one under way included. */
  readonly attempt: number;
  /** null: it is being tried now. */
  readonly nextTry: Date | null;
}

/** undefined: nothing of it has failed, or it has ended. */
export async function findWaiting(
  client: Client,
  workflowId: string,
): Promise<Waiting | undefined> {
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  return description && waitingOf(description.raw);
}

function waitingOf({
  pendingActivities,
}: WorkflowExecutionDescription['raw']): Waiting | undefined {
  const waiting = (pendingActivities ?? []).flatMap((activity): Waiting[] => {
    const code = codeOf(activity);
    if (code === undefined) return [];
    const next = optionalTsToDate(activity.nextAttemptScheduleTime ?? activity.scheduledTime);
    const isAhead = next !== undefined && next.getTime() > Date.now();
    return [{ code, attempt: activity.attempt ?? 1, nextTry: isAhead ? next : null }];
  });
  return waiting.sort((a, b) => b.attempt - a.attempt)[0];
}
