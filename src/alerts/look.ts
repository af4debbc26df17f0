/** One look at an instance: what is wrong by now is opened, what is no longer wrong is over. */
import { findStall } from '../checks/stall';
import { problemsOf } from '../domain/problems';
import { STILL_MS } from '../domain/stall';
import type { Db } from '../store/db';
import { noteSchedule, saveProblems, type ScheduleFact } from '../store/alerts';
import { readProblemFacts } from '../store/problem-facts';
import { noteStall, readOpenRun, type NotedStall } from '../store/stalls';
import { codeOf } from '../temporal/faults';
import { codeOfOurPause, describeSchedule } from '../temporal/schedules';
import { accessOf, channelsOf, type AlertDeps } from './deps';

/** Milliseconds for Temporal's answers. */
const ANSWERS_MS = 10_000;

export async function look(deps: AlertDeps, instanceId: string): Promise<void> {
  const { db } = deps;
  const channels = channelsOf(deps, await accessOf(deps, instanceId));
  const seen = await askTemporal(deps, instanceId);
  const stall = seen ? seen.stall : await stallWithoutTemporal(db, instanceId);
  await db.transaction(async (tx) => {
    await noteSchedule(tx, instanceId, seen?.schedule);
    if (stall !== undefined) await noteStall(tx, instanceId, stall);
    const facts = await readProblemFacts(tx, instanceId);
    if (facts) await saveProblems(tx, instanceId, problemsOf(facts), channels);
  });
}

interface Seen {
  readonly schedule: ScheduleFact;
  /** null: everything gets on. */
  readonly stall: NotedStall | null;
}

/** undefined: it cannot be asked. What is overdue then shows by what was known before. */
async function askTemporal(
  { temporal, log, db }: AlertDeps,
  instanceId: string,
): Promise<Seen | undefined> {
  try {
    const client = await temporal();
    return await client.withDeadline(Date.now() + ANSWERS_MS, async () => {
      const state = await describeSchedule(client, instanceId);
      const pausedFor = state ? (codeOfOurPause(state) ?? null) : null;
      return {
        schedule: { nextRun: state?.nextRun ?? null, pausedFor },
        stall: (await findStall(client, db, instanceId, state)) ?? null,
      };
    });
  } catch (error) {
    log.warn({ instanceId, code: codeOf(error) }, 'alerts.temporal_unknown');
    return undefined;
  }
}

/** By the rows alone. undefined: what was known stays. */
async function stallWithoutTemporal(db: Db, instanceId: string): Promise<NotedStall | undefined> {
  const row = await readOpenRun(db, instanceId);
  const since = row?.movedAt ?? undefined;
  if (!row || !since || row.now.getTime() - since.getTime() <= STILL_MS) return undefined;
  return { since, codes: ['TEMPORAL_UNAVAILABLE'] };
}
