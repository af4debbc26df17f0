/** The plan of an opening as the verbs of `movements` make it, with what it is doing shown meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../domain/errors';
import { parseUtc } from '../domain/utc';
import type { OpeningAsk, OpeningPlan } from '../engine/opening/opening-plan';
import type { CommonOptions, Context } from './context';
import { CALLED } from './verb';

export interface PlanOptions extends CommonOptions {
  readonly since?: string;
  readonly absorb?: boolean;
}

/** @throws SyncError USAGE */
export function askOf({ since, absorb = false }: PlanOptions): OpeningAsk {
  if (since === undefined) return { absorb };
  const at = parseUtc(since);
  if (at !== undefined) return { since: at, absorb };
  const why = 'must be YYYY-MM-DD or a time like 2026-01-31T08:00:00Z';
  throw new SyncError('USAGE', { '--since': why });
}

/** What begins with this plan, as it was asked for; empty: something stops it. */
export function nextOf(
  { openings }: Pick<OpeningPlan, 'openings'>,
  { since, absorb }: PlanOptions,
): string[] {
  if (openings.some(({ stop }) => stop !== null)) return [];
  const asked = [
    ...(since === undefined ? [] : ['--since', since]),
    ...(absorb ? ['--absorb'] : []),
  ];
  return [['To begin so:', CALLED, 'movements', 'enable', ...asked].join(' ')];
}

/** Milliseconds between two lines of what is under way. */
const SHOW_EVERY_MS = 1_000;

export async function plan(context: Context, ask: OpeningAsk): Promise<OpeningPlan> {
  const { planOpening } = await import('../engine/opening/opening-plan.js');
  let shownAt = 0;
  const show = (line: string) => {
    if (Date.now() - shownAt < SHOW_EVERY_MS) return;
    shownAt = Date.now();
    context.output.progress(line);
  };
  const pause = (seconds: number) => sleep(seconds * 1_000);
  const parts = { db: await context.db(), ends: await context.ends(), show, pause };
  const found = await planOpening(parts, ask);
  context.output.settle();
  return found;
}
