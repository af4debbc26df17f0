/** The schedule of the instance that a verb works on. */
import { SyncError } from '../domain/errors';
import { scheduleIdOf } from '../domain/ids';
import type { ScheduleState } from '../temporal/schedules';
import type { Context } from './context';

/** @throws SyncError NOT_FOUND */
export async function existingSchedule(context: Context) {
  const { describeSchedule, handleOf } = await import('../temporal/schedules.js');
  const client = await context.temporal();
  const id = await context.instanceId();
  const state = await describeSchedule(client, id);
  if (!state) {
    const next = 'Make one with `schedules apply`.';
    throw new SyncError('NOT_FOUND', { schedule: scheduleIdOf(id) }, { next });
  }
  return { schedule: handleOf(client, id), state };
}

/** undefined: there is no schedule. */
export async function scheduleState(context: Context): Promise<ScheduleState | undefined> {
  const { describeSchedule } = await import('../temporal/schedules.js');
  return describeSchedule(await context.temporal(), await context.instanceId());
}

/** Ends a pause of ours whose cause is over; never one that a person set. */
export async function liftPause(context: Context): Promise<string | undefined> {
  const { liftOurPause } = await import('../temporal/schedules.js');
  return liftOurPause(await context.temporal(), await context.instanceId());
}
