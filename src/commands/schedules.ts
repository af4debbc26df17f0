/** `schedules`: the schedule of an instance. What a person pauses stays paused until a person resumes it. */
import type { Command } from 'commander';
import { carriesMovements, syncProbes } from '../checks/ends';
import { describePause } from '../checks/pause-text';
import { runProbes } from '../checks/probe';
import { hasOutdatedWorker } from '../checks/temporal-worker';
import { errorInfo, SyncError } from '../domain/errors';
import { scheduleIdOf } from '../domain/ids';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { grpcStatusOf } from '../temporal/faults';
import type { ScheduleState } from '../temporal/schedules';
import type { CommonOptions, Context } from './context';
import { table } from './output';
import { existingSchedule, liftPause } from './schedule-of';
import { triggerSchedule } from './trigger';
import { CALLED, group, verb, type Run } from './verb';

interface PauseOptions extends CommonOptions {
  readonly reason: string;
}

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function addSchedules(program: Command, run: Run): void {
  const schedules = group(program, 'schedules', 'The Temporal schedule that syncs regularly');
  const simple = (name: string, description: string, work: (context: Context) => Promise<number>) =>
    verb(schedules, name, description, `schedules ${name}`).action((options: CommonOptions) =>
      run(options, work),
    );
  simple('apply', 'Create the schedule, or bring it up to SYNC_CRON', apply);
  simple('list', 'List the schedules of this program', list);
  verb(schedules, 'pause', 'Pause the schedule', 'schedules pause --reason "year-end closing"')
    .option('--reason <text>', 'kept with the pause', 'paused by hand')
    .action((options: PauseOptions) => run(options, (context) => pause(context, options.reason)));
  simple('resume', 'Let a paused schedule go on', resume);
  simple('trigger', 'Run the schedule now, unless its last run still goes on', triggerSchedule);
  verb(schedules, 'delete', 'Delete the schedule', 'schedules delete --yes')
    .option('--yes', 'confirm it')
    .action((options: DeleteOptions) => run(options, (context) => remove(context, options.yes)));
}

const load = () => import('../temporal/schedules.js');

async function apply(context: Context): Promise<number> {
  const { output, place } = context;
  const { applySchedule, describeSchedule, DEFAULT_CRON } = await load();
  const client = await context.temporal();
  const id = await context.instanceId();
  // The sandbox has its own pace, so that something is to be seen.
  const kept = place.mode === 'main' ? null : (await describeSchedule(client, id))?.cron;
  const cron = place.config.cron ?? kept ?? DEFAULT_CRON;
  const outcome = await applySchedule(client, id, cron).catch((error: unknown) => {
    if (grpcStatusOf(error) !== INVALID_ARGUMENT) throw error;
    throw new SyncError('SETTINGS_INVALID', { SYNC_CRON: 'is not accepted by Temporal' });
  });
  let state = await describeSchedule(client, id);
  const lines = [`Schedule ${scheduleIdOf(id)} ${outcome}: ${cron} (UTC).`];
  if (state?.pausedByUs === true) {
    lines.push(await tryToLift(context));
    state = await describeSchedule(client, id);
  } else if (state?.paused === true) {
    lines.push(`It is paused by a person (${state.note}); ${CALLED} schedules resume`);
  }
  output.data({ outcome, ...state }, lines.join('\n'));
  return EXIT.done;
}

/** INVALID_ARGUMENT of gRPC. */
const INVALID_ARGUMENT = 3;

async function tryToLift(context: Context): Promise<string> {
  const ends = await context.ends();
  const open = () => context.db();
  const probes = syncProbes(ends, open, await carriesMovements(open, ends.config.id));
  const failed = (await runProbes(probes)).find(({ ok }) => !ok);
  const [client, db, id] = [
    await context.temporal(),
    await context.db(),
    await context.instanceId(),
  ];
  if (await hasOutdatedWorker(client, db, context.place.config, id)) {
    const { what, next } = errorInfo('WORKER_OUTDATED');
    return `It stays paused: ${what}. ${next}`;
  }
  if (failed) return `It stays paused: ${failed.name}: ${failed.detail}. Run \`check\`.`;
  return `Lifted the pause that was set for ${(await liftPause(context)) ?? 'a fault'}.`;
}

async function list(context: Context): Promise<number> {
  const { describeSchedule } = await load();
  const client = await context.temporal();
  const prefix = scheduleIdOf('');
  // The server's list lags behind by moments, so the own one is asked for by name.
  const ids = new Set([await context.instanceId()]);
  for await (const { scheduleId } of client.schedule.list()) {
    if (scheduleId.startsWith(prefix)) ids.add(scheduleId.slice(prefix.length));
  }
  const found = await Promise.all([...ids].map((id) => describeSchedule(client, id)));
  const states = found.filter((state) => state !== undefined);
  const text =
    states.length === 0 ? `No schedules; make one: ${CALLED} schedules apply` : asTable(states);
  context.output.data(states, text);
  return EXIT.done;
}

async function pause(context: Context, reason: string): Promise<number> {
  const { schedule, state } = await existingSchedule(context);
  await schedule.pause(reason);
  context.output.data(
    { ...state, paused: true, note: reason, pausedByUs: false, nextRun: null },
    `Paused ${state.scheduleId}: ${reason}. A sync that runs goes on to its end.`,
  );
  return EXIT.done;
}

async function resume(context: Context): Promise<number> {
  const { schedule, state } = await existingSchedule(context);
  if (state.paused) await schedule.unpause();
  const { describeSchedule } = await load();
  const now = await describeSchedule(await context.temporal(), state.instanceId);
  const nextRun = now?.nextRun ?? null;
  const next = nextRun === null ? '' : `, next run ${formatTime(nextRun)}`;
  const what = state.paused ? 'Resumed' : 'It was not paused:';
  context.output.data(now, `${what} ${state.scheduleId}${next}.`);
  return EXIT.done;
}

async function remove(context: Context, confirmed = false): Promise<number> {
  const { schedule, state } = await existingSchedule(context);
  if (!confirmed) {
    throw new SyncError('USAGE', { '--yes': `is needed to delete ${state.scheduleId}` });
  }
  await schedule.delete();
  context.output.data(
    { deleted: state.scheduleId },
    `Deleted ${state.scheduleId}. Nothing syncs by itself until ${CALLED} schedules apply.`,
  );
  return EXIT.done;
}

function asTable(states: readonly ScheduleState[]): string {
  return table(
    ['schedule', 'cron (UTC)', 'next run'],
    states.map((state) => {
      const { scheduleId, cron, paused, nextRun } = state;
      return [
        scheduleId,
        cron ?? 'made elsewhere',
        paused ? describePause(state) : nextRun === null ? 'never' : formatTime(nextRun),
      ];
    }),
  );
}
