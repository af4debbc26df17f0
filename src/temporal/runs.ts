/** The runs of an instance as Temporal shows them: whether they get on, and why their steps have failed. */
import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { optionalTsToDate, optionalTsToMs } from '@temporalio/common/lib/time';
import { isErrorCode, type ErrorCode, type ErrorDetails } from '../domain/errors';
import { adhocWorkflowIdOf } from '../domain/ids';
import type { RunFact } from '../domain/stall';
import { distinctWaits, type StepWait } from '../domain/waits';
import { firstRunOf, isOpen } from './syncs';

type Raw = WorkflowExecutionDescription['raw'];
type Activity = NonNullable<Raw['pendingActivities']>[number];

/** Of Temporal's enums: waiting for a worker, in the states of workflow tasks and activities alike. */
const SCHEDULED = 1;
/** Of Temporal's event types, how a workflow task ends. */
const TASK_COMPLETED = 7;
const TASK_TIMED_OUT = 8;
const TASK_FAILED = 9;

/** One that ends well is none: a repeat is under way. */
const TRIES = 2;

/** What comes after a task has failed is few: answers of steps that were under way. */
const NEWEST_EVENTS = 50;

/** undefined: Temporal does not know it, or has forgotten it. */
export async function describeRun(
  client: Client,
  workflowId: string,
): Promise<RunFact | undefined> {
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  if (!description) return undefined;
  const { raw } = description;
  const activities = raw.pendingActivities ?? [];
  return {
    workflowId,
    firstRunId: firstRunOf(description),
    open: isOpen(description),
    startedAt: description.startTime,
    succeededAt: succeededAtOf(activities),
    taskFails: await taskFails(client, description),
    waitsSince: waitsSinceOf(raw, activities),
    codes: activities.flatMap((activity) => codeOf(activity) ?? []),
    waits: waitsOf(activities),
  };
}

/** From the second repeat on nothing is written to the history any more: the attempts alone are counted. */
async function taskFails(
  { connection, options }: Client,
  { raw, workflowId, runId }: WorkflowExecutionDescription,
): Promise<boolean> {
  if ((raw.pendingWorkflowTask?.attempt ?? 0) < TRIES) return false;
  const { history } = await connection.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: NEWEST_EVENTS,
  });
  const ends = [TASK_COMPLETED, TASK_TIMED_OUT, TASK_FAILED];
  const newest = history?.events?.find(({ eventType }) => ends.includes(Number(eventType)));
  return Number(newest?.eventType) === TASK_FAILED;
}

/** null: nothing waits, or something else is being worked on. */
function waitsSinceOf({ pendingWorkflowTask }: Raw, activities: readonly Activity[]): Date | null {
  const tasks = [...(pendingWorkflowTask ? [pendingWorkflowTask] : []), ...activities];
  if (tasks.some(({ state }) => Number(state) !== SCHEDULED)) return null;
  const times = tasks.flatMap((task) => optionalTsToDate(task.scheduledTime)?.getTime() ?? []);
  return times.length === 0 ? null : new Date(Math.min(...times));
}

/**
 * Every open run of an instance: those of its schedule, and the one that a person has started.
 * @param known ids of what its schedule runs, and of the owner of its open sync
 */
export async function findOpenRuns(
  client: Client,
  instanceId: string,
  known: readonly string[],
): Promise<RunFact[]> {
  const ids = new Set([adhocWorkflowIdOf(instanceId), ...known]);
  const runs = await Promise.all([...ids].map((id) => describeRun(client, id)));
  return runs.flatMap((run) => (run?.open === true ? [run] : []));
}

/** What the steps of an open run wait for just now; empty: nothing has failed. */
export async function findWaits(handle: {
  describe(): Promise<WorkflowExecutionDescription>;
}): Promise<readonly StepWait[]> {
  const { raw } = await handle.describe();
  return distinctWaits(waitsOf(raw.pendingActivities ?? []));
}

/** The step that has been tried most often; undefined: nothing has failed, or the run has ended. */
export async function findLongestWait(
  client: Client,
  workflowId: string,
): Promise<StepWait | undefined> {
  try {
    const waits = await findWaits(client.workflow.getHandle(workflowId));
    return [...waits].sort((a, b) => b.attempt - a.attempt)[0];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function waitsOf(activities: readonly Activity[]): StepWait[] {
  return activities.flatMap((activity) => {
    const code = codeOf(activity);
    if (code === undefined) return [];
    const waits = Number(activity.state) === SCHEDULED;
    const next = optionalTsToDate(activity.nextAttemptScheduleTime ?? activity.scheduledTime);
    return {
      step: activity.activityType?.name ?? '',
      code,
      details: detailsOf(activity),
      attempt: activity.attempt ?? 1,
      nextTry: waits && next ? next : null,
    };
  });
}

/** As src/activities/boundary.ts writes them: ids, hosts and codes. Anything else is left out. */
function detailsOf({ lastFailure }: Activity): ErrorDetails {
  const [payload] = lastFailure?.applicationFailureInfo?.details?.payloads ?? [];
  const given = payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : null;
  if (typeof given !== 'object' || given === null) return {};
  const shown = Object.entries(given).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === 'number' || (typeof entry[1] === 'string' && SHOWN.test(entry[1])),
  );
  return Object.fromEntries(shown);
}

const SHOWN = /^[\w.:/@[\]-]{1,200}$/;

/** Of a text of theirs nothing but its type is looked at, and only if it is a code of ours. */
function codeOf({ lastFailure }: Activity): ErrorCode | undefined {
  if (!lastFailure) return undefined;
  if (lastFailure.timeoutFailureInfo) return 'TIMED_OUT';
  const type = lastFailure.applicationFailureInfo?.type ?? '';
  return isErrorCode(type) ? type : 'INTERNAL';
}

/** Heartbeats tell how long after its scheduling an activity last got something through. */
function succeededAtOf(activities: readonly Activity[]): Date | null {
  const times = activities.flatMap((activity) => {
    const expires = optionalTsToMs(activity.expirationTime);
    const total = optionalTsToMs(activity.activityOptions?.scheduleToCloseTimeout);
    const [payload] = activity.heartbeatDetails?.payloads ?? [];
    if (expires === undefined || total === undefined || !payload) return [];
    const after = millisecondsOf(defaultPayloadConverter.fromPayload<unknown>(payload));
    return after === undefined ? [] : [expires - total + after];
  });
  return times.length === 0 ? null : new Date(Math.max(...times));
}

/** As src/activities/boundary.ts writes it; what another version has written says nothing. */
function millisecondsOf(details: unknown): number | undefined {
  const text = (details as { lastSuccess?: unknown } | null)?.lastSuccess;
  return typeof text === 'string' && /^\d{1,15}ms$/.test(text)
    ? Number.parseInt(text, 10)
    : undefined;
}
