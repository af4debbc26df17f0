/** `schedules trigger`: one run of the schedule now, and whether it was started. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleDescription } from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { syncIdOf } from '../domain/ids';
import { EXIT } from '../exit';
import { findOpenSync, findSync } from '../store/syncs';
import type { Context } from './context';
import { linkTo } from './links';
import { existingSchedule } from './schedule-of';

/** The server acts on a trigger within a second, and a worker takes the run up at once. */
const WAIT_MS = 10_000;
const TAKEN_UP_MS = 2_000;
const POLL_MS = 250;

export async function triggerSchedule(context: Context): Promise<number> {
  const { output } = context;
  const { schedule, state } = await existingSchedule(context);
  const { ScheduleOverlapPolicy } = await import('@temporalio/client');
  const before = await schedule.describe();
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    const now = await schedule.describe();
    if (now.info.numActionsSkippedOverlap > before.info.numActionsSkippedOverlap) {
      const running = now.info.runningActions.at(-1)?.workflow.workflowId ?? state.scheduleId;
      throw new SyncError('SYNC_ALREADY_RUNNING', { workflow: running });
    }
    const run = newRun(before, now);
    if (run === undefined) continue;
    await throwIfSkipped(context, run);
    const link = await linkTo(context, run);
    const lines = ['Sync started:', `  workflow  ${run.workflowId}`, `  run       ${run.runId}`];
    if (link !== null) lines.push(`  Web UI    ${link}`);
    output.data({ ...run, webUiUrl: link }, lines.join('\n'));
    return EXIT.done;
  }
  throw new SyncError('TIMED_OUT', { schedule: state.scheduleId });
}

/** A run that finds an ad-hoc sync at work ends at once: to call that started would mislead. */
async function throwIfSkipped(context: Context, run: Run): Promise<void> {
  const deadline = Date.now() + TAKEN_UP_MS;
  const db = await context.db();
  const instanceId = await context.instanceId();
  const syncId = syncIdOf(instanceId, run.workflowId, run.runId);
  while (Date.now() < deadline) {
    const row = await findSync(db, syncId);
    if (row?.status === 'skipped') {
      const holder = await findOpenSync(db, instanceId);
      throw new SyncError('SYNC_ALREADY_RUNNING', holder ? { workflow: holder.workflowId } : {});
    }
    if (row) return;
    await sleep(POLL_MS);
  }
  context.output.notice('No worker has taken it up yet; see `check`.');
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

function newRun(before: ScheduleDescription, now: ScheduleDescription): Run | undefined {
  if (now.info.numActionsTaken <= before.info.numActionsTaken) return undefined;
  const started = now.info.recentActions.at(-1)?.action.workflow;
  return started && { workflowId: started.workflowId, runId: started.firstExecutionRunId };
}
