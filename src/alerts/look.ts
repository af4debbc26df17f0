/** One look at an instance: what is wrong by now is opened, what is no longer wrong is over. */
import { problemsOf } from '../domain/problems';
import { noteSchedule, saveProblems, type ScheduleFact } from '../store/alerts';
import { readProblemFacts } from '../store/problem-facts';
import { codeOf } from '../temporal/faults';
import { codeOfOurPause, describeSchedule } from '../temporal/schedules';
import { accessOf, channelsOf, type AlertDeps } from './deps';

/** Milliseconds for Temporal's answer. */
const SCHEDULE_MS = 10_000;

export async function look(deps: AlertDeps, instanceId: string): Promise<void> {
  const { db } = deps;
  const channels = channelsOf(deps, await accessOf(deps, instanceId));
  const schedule = await askSchedule(deps, instanceId);
  await db.transaction(async (tx) => {
    await noteSchedule(tx, instanceId, schedule);
    const facts = await readProblemFacts(tx, instanceId);
    if (facts) await saveProblems(tx, instanceId, problemsOf(facts), channels);
  });
}

/** undefined: it cannot be asked. What is overdue then shows by what was known before. */
async function askSchedule(
  { temporal, log }: AlertDeps,
  instanceId: string,
): Promise<ScheduleFact | undefined> {
  try {
    const client = await temporal();
    const state = await client.withDeadline(Date.now() + SCHEDULE_MS, () =>
      describeSchedule(client, instanceId),
    );
    return {
      nextRun: state?.nextRun ?? null,
      pausedFor: state ? (codeOfOurPause(state) ?? null) : null,
    };
  } catch (error) {
    log.warn({ instanceId, code: codeOf(error) }, 'alerts.schedule_unknown');
    return undefined;
  }
}
