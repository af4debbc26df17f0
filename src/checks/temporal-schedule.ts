/** Whether the instance's schedule exists, and runs when it should. */
import type { Client } from '@temporalio/client';
import { errorInfo } from '../domain/errors';
import { askBriefly } from '../temporal/briefly';
import { describeSchedule, type ScheduleState } from '../temporal/schedules';
import { describePause } from './pause-text';
import type { Probe } from './probe';

export function temporalScheduleProbe(open: () => Promise<Client>, instanceId: string): Probe {
  return {
    name: 'schedule',
    after: ['Temporal'],
    async run() {
      const client = await open();
      const state = await askBriefly(client, () => describeSchedule(client, instanceId));
      if (state === undefined) {
        const next = 'Run `schedules apply` to sync regularly.';
        return { ok: true, detail: 'there is none', next };
      }
      if (isLate(state)) {
        const { what, next } = errorInfo('SCHEDULE_LATE');
        return { ok: false, code: 'SCHEDULE_LATE', detail: `${what}: ${whenOf(state)}`, next };
      }
      if (!state.paused) return { ok: true, detail: whenOf(state) };
      const next = state.pausedByUs
        ? 'It is lifted here once everything above passes.'
        : 'A person paused it; `schedules resume` lets it go on.';
      return { ok: true, detail: describePause(state), next };
    },
  };
}

/** Milliseconds. A server that was restarted makes up for what it has missed within moments. */
const LATE_MS = 2 * 60_000;

/** The server says when the next run is due: one in the past is one that it cannot start. */
function isLate({ nextRun }: ScheduleState): boolean {
  return nextRun !== null && Date.now() - nextRun.getTime() > LATE_MS;
}

function whenOf({ cron, nextRun }: ScheduleState): string {
  const next =
    nextRun === null
      ? 'no next run'
      : `next ${nextRun.toISOString().slice(0, 19).replace('T', ' ')}`;
  return `${cron ?? 'made elsewhere'}, ${next} (UTC)`;
}
