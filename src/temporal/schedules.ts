/** One Temporal schedule per instance: created and updated in place, paused by us only with our reason. */
import { randomUUID } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import { errorInfo, isErrorCode, type ErrorCode } from '../domain/errors';
import { scheduleIdOf } from '../domain/ids';
import { PRIORITY, TASK_QUEUE, WORKFLOW_TYPE } from '../domain/names';
import type { StripeSyncWorkflow } from '../workflows';
import { spread } from './schedule-spread';

export const DEFAULT_CRON = '*/15 * * * *';

/** A run missed for longer, as while the server was down, is not made up for: the next one covers it. */
const CATCH_UP = '10m';

/** Marks a pause as ours: one that a person set is never lifted. */
const OUR_PAUSE = 'stripe-sync paused: ';

export interface ScheduleState {
  readonly scheduleId: string;
  readonly instanceId: string;
  /** As it was given; null for one made elsewhere. */
  readonly cron: string | null;
  readonly paused: boolean;
  /** Our code when the pause is ours, else the person's note. */
  readonly note: string;
  readonly pausedByUs: boolean;
  readonly nextRun: Date | null;
  /** Workflows that it has started; the newest of them may have ended. */
  readonly running: readonly string[];
}

/** Creates the schedule or brings it up to date; a pause stays as it is. */
export async function applySchedule(
  client: Client,
  instanceId: string,
  cron: string,
): Promise<'created' | 'updated'> {
  const scheduleId = scheduleIdOf(instanceId);
  const { cron: spec, jitter } = spread(instanceId, cron);
  const options = {
    // The server compiles cron text away and gives only the comment back.
    spec: { cronExpressions: [`${spec} # ${cron}`], timezone: 'UTC', jitter },
    action: {
      type: 'startWorkflow' as const,
      workflowType: WORKFLOW_TYPE,
      workflowId: scheduleId,
      taskQueue: TASK_QUEUE,
      args: [{ instanceId, trigger: 'schedule' }] satisfies Parameters<typeof StripeSyncWorkflow>,
      staticSummary: `Stripe to Blnk: ${instanceId}`,
      priority: { priorityKey: PRIORITY.scheduled, fairnessKey: instanceId },
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: CATCH_UP,
      pauseOnFailure: false,
    },
  };
  try {
    await client.schedule.create({ scheduleId, ...options });
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule
      .getHandle(scheduleId)
      .update((previous) => ({ ...options, state: previous.state }));
    return 'updated';
  }
}

export async function describeSchedule(
  client: Client,
  instanceId: string,
): Promise<ScheduleState | undefined> {
  const description = await find(client, instanceId);
  return description && stateOf(description, instanceId);
}

function stateOf(description: ScheduleDescription, instanceId: string): ScheduleState {
  const { paused, note = '' } = description.state;
  const pausedByUs = paused && note.startsWith(OUR_PAUSE);
  return {
    scheduleId: description.scheduleId,
    instanceId,
    cron: description.spec.calendars?.[0]?.comment ?? null,
    paused,
    note: paused ? note : '',
    pausedByUs,
    nextRun: paused ? null : (description.info.nextActionTimes[0] ?? null),
    running: startedBy(description),
  };
}

/** Every further run would fail the same way. A pause that a person set keeps that person's note. */
export async function pauseForCode(
  client: Client,
  instanceId: string,
  code: ErrorCode,
): Promise<void> {
  const description = await find(client, instanceId);
  if (!description || description.state.paused) return;
  await handleOf(client, instanceId).pause(`${OUR_PAUSE}${code}. ${errorInfo(code).next}`);
}

/** Ends a pause of ours, once what caused it is over; returns the code that it was for. */
export async function liftOurPause(
  client: Client,
  instanceId: string,
): Promise<ErrorCode | undefined> {
  const description = await find(client, instanceId);
  if (!description) return undefined;
  const state = stateOf(description, instanceId);
  if (!state.pausedByUs) return undefined;
  const { schedule, conflictToken = null } = description.raw;
  // What changes in between, as by a person who pauses it, holds: the server then drops this without a word.
  await client.connection.workflowService.updateSchedule({
    ...{ namespace: client.options.namespace, scheduleId: state.scheduleId, conflictToken },
    ...{ identity: client.options.identity, requestId: randomUUID() },
    schedule: {
      ...schedule,
      state: { ...schedule?.state, paused: false, notes: 'stripe-sync: the cause is over' },
    },
  });
  const now = await describeSchedule(client, instanceId);
  return now?.paused === true ? undefined : codeOfOurPause(state);
}

/** Those that it lists as running, and the newest: one that was triggered by hand is in no list of those. */
export function startedBy({ info }: Pick<ScheduleDescription, 'info'>): string[] {
  const newest = info.recentActions.slice(-1).map(({ action }) => action.workflow.workflowId);
  const running = info.runningActions.map(({ workflow }) => workflow.workflowId);
  return [...new Set([...running, ...newest])];
}

/**
 * Whether a pause of ours is over since then: whoever lifts it, as the worker after a sync, tells nobody else.
 * @returns the code that it was for
 */
export async function endOfOurPause(
  client: Client,
  instanceId: string,
  before: ScheduleState | undefined,
): Promise<ErrorCode | undefined> {
  if (before?.pausedByUs !== true) return undefined;
  const now = await describeSchedule(client, instanceId);
  return now?.paused === false ? codeOfOurPause(before) : undefined;
}

/** undefined: it is not paused, or by a person. */
export function codeOfOurPause(
  state: Pick<ScheduleState, 'note' | 'pausedByUs'>,
): ErrorCode | undefined {
  return state.pausedByUs ? (pauseCode(state) ?? 'INTERNAL') : undefined;
}

/** What a pause of ours is for; undefined when another version made it. */
export function pauseCode({ note }: Pick<ScheduleState, 'note'>): ErrorCode | undefined {
  const code = /^[A-Z_]+/.exec(note.slice(OUR_PAUSE.length))?.[0] ?? '';
  return isErrorCode(code) ? code : undefined;
}

export function handleOf(client: Client, instanceId: string): ScheduleHandle {
  return client.schedule.getHandle(scheduleIdOf(instanceId));
}

async function find(client: Client, instanceId: string): Promise<ScheduleDescription | undefined> {
  try {
    return await handleOf(client, instanceId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
