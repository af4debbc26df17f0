/** `status`: where an instance stands, on one screen. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { listProblems, type ProblemView } from '../alerts/list';
import { WITHOUT_INTENT } from '../checks/charges-without-intent';
import { describePause } from '../checks/pause-text';
import { countWorkers, NO_WORKER, START_WORKER } from '../checks/temporal-worker';
import type { PayInState } from '../domain/pay-in';
import type { ReadAllocation } from '../domain/read-budget';
import { countsOf, type Report } from '../domain/report';
import { describeStall, type Stall } from '../domain/stall';
import { describeCounts, IN_LEDGER } from '../domain/outcomes';
import { describeWait, distinctWaits, explainWait, type StepWait } from '../domain/waits';
import { pauseOf, type Pause } from '../domain/plan';
import { afterPauseText } from '../domain/plan-text';
import { describeMovementOutcomes } from '../domain/movements/movement-counts';
import { count, formatNumber, formatTime } from '../domain/text';
import { FEEDS } from '../domain/feeds';
import { EXIT } from '../exit';
import { readStanding } from '../store/standing';
import {
  countPayIns,
  countSetAside,
  quarantineReasons,
  type SetAsideCounts,
} from '../store/pay-in-totals';
import type { SourceRow } from '../store/sources';
import { readAllocation } from '../store/stripe-reads';
import { codeOf } from '../temporal/faults';
import type { ScheduleState } from '../temporal/schedules';
import type { CommonOptions, Context } from './context';
import { movementRows, readMovementStanding, type MovementStanding } from './status-movements';
import { describeMode } from './mode';
import { fields } from './output';
import { problemRows } from './problems';
import { wholeReportOf } from './syncs';
import { verb, type Run } from './verb';

export function addStatus(program: Command, run: Run): void {
  verb(program, 'status', 'Show where the instance stands', 'status', 'status --watch')
    .option('--watch', 'show it anew every 2 seconds, until Ctrl-C')
    .action((options: StatusOptions) =>
      run(options, (context) => (options.watch === true ? watch(context) : status(context))),
    );
}

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

interface Status extends MovementStanding {
  readonly instanceId: string;
  readonly mode: string;
  readonly stripeAccount: string | null;
  readonly livemode: boolean;
  readonly ledger: string;
  readonly listing: boolean;
  /** Everything that Stripe showed as succeeded up to then has been handled. */
  readonly syncedUntil: string | null;
  /** What is listed of the time since then, in place of everything. Absent: there was no pause. */
  readonly afterPause?: Pause;
  /** Seconds before the watermark that are read again, each time and once a day. */
  readonly lookBack: {
    readonly eachSync: number;
    readonly onceADay: number;
    /** null: not yet. */
    readonly lastAt: string | null;
  };
  /** What no sync carries over. */
  readonly notTaken: readonly string[];
  readonly running: Report | null;
  readonly lastSync: Report | null;
  /** What steps of the run are tried again for; empty: nothing, or Temporal cannot be asked. */
  readonly waits: readonly StepWait[];
  /** A run that has no row yet: it waits for a worker, or is being begun. */
  readonly unbegun: { readonly workflowId: string; readonly since: Date } | null;
  /** A run is open, and nobody is there to work on it. */
  readonly workerMissing: boolean;
  /** What of it does not get on; null: it does, or nothing runs; undefined: Temporal cannot be asked. */
  readonly stalled: Stall | null | undefined;
  /** null: there is none; undefined: Temporal cannot be asked. */
  readonly schedule: ScheduleState | null | undefined;
  readonly payIns: Partial<Record<PayInState, number>> & SetAsideCounts;
  readonly quarantine: readonly { readonly reason: string; readonly count: number }[];
  /** null: Stripe has not been read yet. */
  readonly stripeReads: ReadAllocation | null;
  readonly problems: readonly ProblemView[];
  readonly webUiUrl: string | null;
}

const WATCH_MS = 2_000;

/** The same screen again and again; what Ctrl-C ends is only the watching. */
async function watch(context: Context): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  while (!stop.signal.aborted) {
    if (!context.output.json) context.output.say(`${CLEAR()}${formatTime(new Date())}`);
    await status(context);
    await sleep(WATCH_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  return EXIT.done;
}

/** A terminal is cleared; in a file each screen follows the other. */
const CLEAR = () => (process.stdout.isTTY ? '\x1b[2J\x1b[H' : '');

async function status(context: Context): Promise<number> {
  const { config, stripe, ledger } = await context.ends();
  const db = await context.db();
  const { source, listing, syncedUntil, open, last } = await readStanding(db, config.id);
  const asked = await askTemporal(context, open?.workflowId);
  const { stalled, waits, workerMissing } = asked;
  const standing = await readMovementStanding(db, config, source);
  const result: Status = {
    instanceId: config.id,
    mode: context.place.mode,
    stripeAccount: source?.stripeAccount ?? null,
    livemode: stripe.livemode,
    ledger: ledger.address,
    listing,
    syncedUntil,
    ...pauseIn(source),
    lookBack: {
      eachSync: FEEDS.events.tail.overlap,
      onceADay: FEEDS.events.tail.lookBack,
      lastAt: lookedBackAt(source),
    },
    notTaken: standing.movements || standing.movementsBegin ? [] : NOT_TAKEN,
    ...standing,
    running: open ? await wholeReportOf(context, db, open) : null,
    lastSync: last ? await wholeReportOf(context, db, last) : null,
    ...asked,
    payIns: { ...(await countPayIns(db, config.id)), ...(await countSetAside(db, config.id)) },
    quarantine: await quarantineReasons(db, config.id),
    stripeReads: source ? await readAllocation(db, source) : null,
    problems: await listProblems(db, config.id, stalled, [
      ...waits.map(({ code }) => code),
      ...(workerMissing ? (['WORKER_MISSING'] as const) : []),
    ]),
    webUiUrl: context.parts().webUiUrl ?? null,
  };
  context.output.data(result, asText(result, describeMode(context.place, config)));
  return EXIT.done;
}

/** The rest of the screen is worth seeing when Temporal is down. */
type Asked = Pick<Status, 'schedule' | 'stalled' | 'waits' | 'unbegun' | 'workerMissing'>;

async function askTemporal(context: Context, owner: string | undefined): Promise<Asked> {
  try {
    const [client, db, id] = [
      await context.temporal(),
      await context.db(),
      await context.instanceId(),
    ];
    const { describeSchedule } = await import('../temporal/schedules.js');
    const { findStall } = await import('../checks/stall.js');
    const schedule = await describeSchedule(client, id);
    const stalled = await findStall(client, db, id, schedule);
    const { findOpenRuns } = await import('../temporal/runs.js');
    const runs = await findOpenRuns(client, id, [
      ...(schedule?.running ?? []),
      ...(owner === undefined ? [] : [owner]),
    ]);
    const [first] = owner === undefined ? runs : [];
    return {
      schedule: schedule ?? null,
      stalled: stalled ?? null,
      waits: distinctWaits(runs.flatMap((run) => run.waits ?? [])),
      unbegun: first ? { workflowId: first.workflowId, since: first.startedAt } : null,
      workerMissing: runs.length > 0 && (await countWorkers(client, db)) === 0,
    };
  } catch (error) {
    if (codeOf(error) === 'TEMPORAL_UNAVAILABLE') return UNKNOWN;
    throw error;
  }
}

const UNKNOWN: Asked = {
  ...{ schedule: undefined, stalled: undefined },
  ...{ waits: [], unbegun: null, workerMissing: false },
};

function asText(status: Status, mode: string): string {
  const { lastSync, quarantine } = status;
  const setAside = quarantine.reduce((sum, { count: number }) => sum + number, 0);
  const reasons = quarantine
    .map(({ reason, count: number }) => `${formatNumber(number)} x ${reason}`)
    .join(', ');
  return fields([
    ['Instance', `${status.instanceId}, ${mode}`],
    ['Stripe', stripeText(status)],
    ['Ledger', status.ledger],
    ['Synced', syncedText(status)],
    ['Running', runningText(status)],
    ...waitRows(status),
    ...stallRows(status),
    ['Last sync', lastSync ? lastText(lastSync) : 'none yet'],
    ...(lastSync?.error ? [['', lastSync.error.message] as const] : []),
    ['Schedule', scheduleText(status.schedule)],
    ['Looks back', lookBackText(status)],
    ['Pay-ins', payInsText(status.payIns)],
    ['Set aside', setAside === 0 ? noneText(status) : `${count(setAside, 'pay-in')}: ${reasons}`],
    ...movementRows(status),
    ...notTakenRows(status),
    ['Reads', readsText(status.stripeReads)],
    ...problemRows('Problems', status.problems),
    ['Web UI', status.webUiUrl ?? 'not known (TEMPORAL_UI_URL)'],
  ]);
}

/** What is set aside of movements is named by each proof. */
function noneText({ movements }: Status): string {
  return movements ? 'no pay-in (movements: `quarantine list --movements`)' : 'no pay-in';
}

function stripeText({ stripeAccount, livemode }: Status): string {
  return `${stripeAccount ?? 'account not known yet'}, ${livemode ? 'live' : 'test'} mode`;
}

function runningText({ running, unbegun, schedule }: Status): string {
  if (running) return `${foundText(running)} (${running.workflowId})`;
  if (unbegun)
    return `a sync waits to be begun since ${formatTime(unbegun.since)} (${unbegun.workflowId}); if it stays, \`check\` tells why`;
  return schedule === undefined ? 'not known: Temporal cannot be reached' : 'no sync just now';
}

function waitRows({ waits, workerMissing }: Status): (readonly [string, string])[] {
  const rows = waits.map((wait) => [describeWait(wait), explainWait(wait)] as const);
  if (workerMissing) rows.push(['WORKER_MISSING', `${NO_WORKER}. ${START_WORKER}`]);
  return rows.flatMap(([what, next]) => [
    ['', `WAITS: ${what}`] as const,
    ['', `  ${next}`] as const,
  ]);
}

function stallRows({ stalled }: Status): (readonly [string, string])[] {
  if (!stalled) return [];
  const { what, next } = describeStall(stalled);
  return [
    ['', `NOT GETTING ON: ${what} (${stalled.workflowId})`],
    ['', `  ${next}`],
  ];
}

function syncedText({ syncedUntil, afterPause, listing, stalled }: Status): string {
  if (afterPause) return afterPauseText(afterPause);
  if (syncedUntil !== null)
    return `everything that succeeded until ${formatTime(new Date(syncedUntil))}`;
  if (listing && stalled) return 'the full listing has begun, and stands still';
  return listing ? 'the full listing is under way' : 'nothing yet';
}

function notTakenRows({ notTaken }: Status): (readonly [string, string])[] {
  if (notTaken.length === 0) return [];
  return [['Not taken', `${notTaken.join('; ')} (\`check\` counts the newest charges)`]];
}

const NOT_TAKEN = [WITHOUT_INTENT, 'refunds, disputes, fees and payouts'];

function lookedBackAt(source: SourceRow | undefined): string | null {
  const at = source?.lookedBackAt ?? null;
  return at === null ? null : new Date(at * 1000).toISOString();
}

function pauseIn(source: SourceRow | undefined): Pick<Status, 'afterPause'> {
  const readTo = source?.readTo ?? null;
  return readTo === null ? {} : { afterPause: pauseOf(readTo) };
}

/** The bound of what is complete. */
function lookBackText({ lookBack, movements }: Status): string {
  const { eachSync, onceADay, lastAt } = lookBack;
  const last = lastAt === null ? 'not yet' : `last ${formatTime(new Date(lastAt))}`;
  return `${eachSync / 60} minutes in each sync, ${onceADay / 86_400} days once a day (${last}); what Stripe lists later than that ${movements ? 'a new listing or the proof finds' : 'only a new listing finds'}`;
}

function readsText(reads: ReadAllocation | null): string {
  if (reads === null) return 'none yet';
  const { last30Days, allocation, warning } = reads;
  const spent = `${formatNumber(last30Days)} of Stripe in 30 days; it allows ${formatNumber(allocation)}`;
  return warning ? `WARNING: ${spent}. Sync less often (SYNC_CRON).` : spent;
}

function lastText(report: Report): string {
  const ended = formatTime(new Date(report.completedAt ?? report.startedAt));
  const outcome = report.error ? `${report.status}, ${report.error.code}` : report.status;
  return `${outcome} ${ended}: ${foundText(report)} (${report.syncId})`;
}

function foundText(report: Report): string {
  const { movements } = report;
  const payIns = describeCounts(countsOf(report));
  if (!movements) return payIns;
  const others = [count(movements.found, 'movement'), ...describeMovementOutcomes(movements)];
  return `${payIns}; ${others.join(', ')}`;
}

function scheduleText(schedule: Status['schedule']): string {
  if (schedule === undefined) return 'not known: Temporal cannot be reached';
  if (schedule === null) return 'none';
  const cron = schedule.cron ?? 'made elsewhere';
  if (schedule.paused) return `${cron}, ${describePause(schedule)}`;
  return `${cron}, next ${schedule.nextRun === null ? 'never' : formatTime(schedule.nextRun)}`;
}

const STATES: readonly (readonly [readonly (keyof Status['payIns'])[], string])[] = [
  [IN_LEDGER, 'in the ledger'],
  [['before_since'], 'before SYNC_SINCE'],
  [['staged'], 'waiting'],
  [['quarantined'], 'set aside'],
  [['closed'], 'closed'],
  [['left'], 'set aside of an account that was left'],
];

function payInsText(payIns: Status['payIns']): string {
  const shown = STATES.flatMap(([states, what]) => {
    const number = states.reduce((sum, state) => sum + (payIns[state] ?? 0), 0);
    return number === 0 ? [] : [`${formatNumber(number)} ${what}`];
  });
  return shown.length === 0 ? 'none yet' : shown.join(', ');
}
