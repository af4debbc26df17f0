/**
 * When an instance syncs within its interval. Cron has only minutes, and thousands of instances that
 * sync every 15 minutes would all begin in the same one: each has a second of its own, always the same.
 */
import { createHash } from 'node:crypto';

export interface Spread {
  /** In the form of Temporal's server, which takes seconds as well. */
  readonly cron: string;
  readonly jitter: string;
}

/** A time that a person has written is kept to the minute. */
const WITHIN_THE_MINUTE = '59s';

/** `*` or steps of minutes, and the other four fields. */
const STEPS = /^\*(?:\/([1-9]\d?))?(( +\S+){4})$/;

export function spread(instanceId: string, cron: string): Spread {
  const [, step = '1', rest] = STEPS.exec(cron.trim()) ?? [];
  const minutes = Number(step);
  if (rest === undefined || minutes > 59) return { cron, jitter: WITHIN_THE_MINUTE };
  const at = createHash('sha256').update(instanceId).digest().readUInt32BE() % (minutes * 60);
  const first = Math.floor(at / 60);
  // Seconds, minutes, the four other fields, years.
  return { cron: `${at % 60} ${first}-59/${minutes}${rest} *`, jitter: '0s' };
}
