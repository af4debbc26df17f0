/** Who paused a schedule, and why. */
import type { ScheduleState } from '../temporal/schedules';

export function describePause({
  note,
  pausedByUs,
}: Pick<ScheduleState, 'note' | 'pausedByUs'>): string {
  if (pausedByUs) return `PAUSED by the program: ${note.replace(/^[^:]*: /, '')}`;
  return `PAUSED by a person: ${note === '' ? 'no reason given' : note}`;
}
