/**
 * Entry of `npm start`: everything on one machine. Without STRIPE_* and BLNK_* settings it is a sandbox
 * between two stand-ins; with them it syncs for real.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { instanceSettings } from './activities/source-check';
import { environmentOfProcess, loadConfig, type Config, type InstanceConfig } from './config';
import { SyncError } from './domain/errors';
import { reportAsText, type Report } from './domain/report';
import { EXIT, exitCodeOf, exitCodeOfStatus, explainError } from './exit';
import { ChildError } from './local/child';
import { compareTotals, runFirstSync } from './local/first-sync';
import {
  startBlnkStandIn,
  startInfrastructure,
  startStripeStandIn,
  startWorker,
} from './local/parts';
import type { Infrastructure, PartReporter, Started } from './local/parts';
import { sandboxSettings, type SandboxAddresses } from './local/sandbox-instance';
import { createScreen, describeCounts, type Screen } from './local/screen';
import { AlreadyRunningError, openStateFolder, type StateFolder } from './local/state-folder';
import { connectDb, type Db } from './store/db';
import { ensureInstance } from './store/instances';
import { listSyncs } from './store/syncs';
import { CliMissingError } from './temporal/cli-resolver';
import { connectionOptions } from './temporal/connection';
import { applySchedule, DEFAULT_CRON } from './temporal/schedules';

type Mode = 'sandbox' | 'sandbox-ledger' | 'main';

const HEADINGS: Record<Mode, string> = {
  sandbox: 'SANDBOX: invented payments, nothing leaves this machine',
  'sandbox-ledger':
    'SANDBOX LEDGER: payments of your Stripe test account, booked on this machine only',
  main: 'Syncing Stripe to Blnk',
};

/** In the sandbox something is to be seen happening. */
const SANDBOX_CRON = '* * * * *';

interface Arguments {
  readonly once: boolean;
  readonly json: boolean;
  readonly sandboxLedger: boolean;
  readonly scenario: string;
}

function parseArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'sandbox-ledger': { type: 'boolean', default: false },
        scenario: { type: 'string', default: 'default' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(EXIT.done);
    }
    return { ...values, sandboxLedger: values['sandbox-ledger'] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SyncError('USAGE', { arguments: error.message.split('.')[0] ?? '' });
  }
}

/** The stand-in ledger before it is known where it listens. */
const UNBOUND = sandboxSettings({ blnkUrl: 'http://127.0.0.1' });

const HELP = `Runs the database, Temporal, the worker and, in the sandbox, both stand-ins.

  npm start                       run until Ctrl-C, syncing by the schedule
  npm start -- --once             end after the first sync
  npm start -- --once --json      print its report as JSON on standard output
  npm start -- --sandbox-ledger   your Stripe test key with the stand-in ledger
  npm start -- --scenario NAME    sandbox payments: default, problems, million or empty

Settings come from the environment and .env; .env.example explains each.
`;

async function run(): Promise<number> {
  const args = parseArguments();
  const config = loadConfig('start', environmentOfProcess(), args.sandboxLedger ? UNBOUND : {});
  if (args.sandboxLedger && config.instance?.stripe.livemode !== false) {
    throw new SyncError('SETTINGS_INVALID', { STRIPE_SECRET_KEY: 'must be a test key here' });
  }
  const mode: Mode = args.sandboxLedger ? 'sandbox-ledger' : config.instance ? 'main' : 'sandbox';
  const screen = createScreen(args.json ? process.stderr : process.stdout);
  const state = await openStateFolder(join('.data', mode));
  const started: Started = [];
  const stop = new AbortController();
  // The first signal stops everything in order; a second one ends at once, which loses nothing either.
  const onSignal = () => (stop.signal.aborted ? process.exit(EXIT.failed) : stop.abort(STOPPED));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    screen.heading(HEADINGS[mode]);
    return await session({ args, config, mode, screen, state, started, stop: stop.signal });
  } catch (error) {
    if (error !== STOPPED) throw error;
    return EXIT.done;
  } finally {
    screen.settle();
    if (stop.signal.aborted) screen.line('Stopping; the next start goes on from here.');
    for (const part of started.reverse()) await part.stop();
    await state.release();
  }
}

const STOPPED = new Error('stopped by the user');

interface Session {
  readonly args: Arguments;
  readonly config: Config;
  readonly mode: Mode;
  readonly screen: Screen;
  readonly state: StateFolder;
  readonly started: Started;
  readonly stop: AbortSignal;
}

async function session(session: Session): Promise<number> {
  const { args, config, screen, state, started, stop } = session;
  const report: PartReporter = {
    up: (name, where) => screen.ready(name, where),
    say: (line) => screen.line(`  ${line}`),
    event: (name, event) => {
      if (event.type === 'down') screen.trouble(`${name} stopped; starting it again`);
      if (event.type === 'given-up')
        screen.trouble(`${name} keeps stopping; see its log in ${state.path}`);
    },
  };
  const [infrastructure, addresses] = await settleBoth(
    external(config) ?? startInfrastructure(config, state, report, started),
    startStandIns(session, report),
  );
  const instance = instanceOf(session, addresses);
  const db = connectDb(infrastructure.databaseUrl);
  await ensureInstance(db, instanceSettings(instance));
  await startWorker(state, infrastructure, sandboxSettings(addresses), report, started);
  state.publish({
    mode: session.mode,
    temporalAddress: infrastructure.temporalAddress,
    temporalNamespace: infrastructure.temporalNamespace,
    webUiUrl: infrastructure.webUiUrl ?? '',
    databaseUrl: infrastructure.databaseUrl,
    sandbox: addresses,
  });
  const target = {
    address: infrastructure.temporalAddress,
    namespace: infrastructure.temporalNamespace,
    local: infrastructure.local,
  };
  const connection = await Connection.connect(connectionOptions(target));
  const client = new Client({ connection, namespace: target.namespace });
  try {
    const cron = config.cron ?? (session.mode === 'main' ? DEFAULT_CRON : SANDBOX_CRON);
    if (!args.once) await applySchedule(client, instance.id, cron);
    const first = await runFirstSync({
      client,
      db,
      instanceId: instance.id,
      infrastructure,
      show: (progress) => screen.progress(progress),
      onStarted: (link) => screen.line(`  sync started${link === null ? '' : `: ${link}`}`),
      signal: stop,
    });
    await showResult(session, first, addresses);
    if (args.once) return exitCodeOfStatus(first.status);
    showNext(screen, cron, infrastructure);
    await watch(db, instance.id, first, screen, stop);
    return EXIT.done;
  } finally {
    await connection.close();
    await db.close();
  }
}

/** Both to their ends: what starts after the other has failed must be known, to be stopped. */
async function settleBoth<A, B>(a: Promise<A> | A, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** Temporal and Postgres that run elsewhere; the database is migrated by `migrate` there. */
function external(config: Config): Infrastructure | undefined {
  if (!config.external) return undefined;
  return {
    databaseUrl: config.external.databaseUrl.reveal(),
    temporalAddress: config.external.temporalAddress,
    temporalNamespace: config.temporalNamespace,
    webUiUrl: config.webUiUrl,
    local: false,
  };
}

async function startStandIns(
  { args, mode, state, started }: Session,
  report: PartReporter,
): Promise<SandboxAddresses> {
  if (mode === 'main') return {};
  const { scenario } = args;
  const stripeBase =
    mode === 'sandbox'
      ? await startStripeStandIn(state, { scenario, trickle: !args.once }, report, started)
      : undefined;
  return { stripeBase, blnkUrl: await startBlnkStandIn(state, report, started) };
}

function instanceOf({ config }: Session, addresses: SandboxAddresses): InstanceConfig {
  const settings = sandboxSettings(addresses);
  const { instance } =
    addresses.blnkUrl === undefined
      ? config
      : loadConfig('start', environmentOfProcess(), settings);
  if (!instance) throw new Error('settings without an instance');
  return instance;
}

async function showResult(
  { args, screen }: Session,
  report: Report,
  { stripeBase, blnkUrl }: SandboxAddresses,
): Promise<void> {
  if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  for (const line of reportAsText(report).split('\n')) screen.line(`  ${line}`);
  if (blnkUrl !== undefined) screen.line(`  ${await compareTotals(stripeBase, blnkUrl)}`);
}

function showNext(screen: Screen, cron: string, { webUiUrl }: Infrastructure): void {
  if (webUiUrl !== undefined) screen.line(`  Temporal Web UI: ${webUiUrl}`);
  screen.line('Try in another terminal:');
  screen.line('  npm run cli -- status          where things stand');
  screen.line('  npm run cli -- sync --plan     what a sync would post, without posting');
  screen.line('  npm run cli -- syncs show      the last report');
  screen.line(`Syncs by the schedule ${cron} (UTC). Ctrl-C stops; nothing is lost.`);
}

const WATCH_MS = 2_000;

/** A line for every later sync that did something. */
async function watch(
  db: Db,
  instanceId: string,
  first: Report,
  screen: Screen,
  stop: AbortSignal,
): Promise<void> {
  const seen = new Set([first.syncId]);
  const since = new Date(first.startedAt);
  while (!stop.aborted) {
    await sleep(WATCH_MS, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    // The database is being started again: its own line says so.
    const syncs = await listSyncs(db, instanceId, 20).catch(() => []);
    for (const sync of syncs.reverse()) {
      if (sync.completedAt === null || sync.startedAt < since || seen.has(sync.syncId)) continue;
      seen.add(sync.syncId);
      const { recordsFound, recordsPosted, recordsAlreadyPosted, recordsQuarantined } = sync;
      const idle = sync.status === 'completed' && recordsFound === 0;
      if (idle || sync.status === 'skipped') continue;
      const time = sync.completedAt.toISOString().slice(11, 19);
      const counts = describeCounts({
        found: recordsFound,
        posted: recordsPosted,
        alreadyPosted: recordsAlreadyPosted,
        quarantined: recordsQuarantined,
        beforeSince: sync.recordsBeforeSince,
      });
      const reasons = [...Object.keys(sync.reasons), ...(sync.error === null ? [] : [sync.error])];
      screen.line(`  ${time}  ${counts}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`);
    }
  }
}

function explain(error: unknown): string {
  if (error instanceof AlreadyRunningError) return `ALREADY_RUNNING: ${error.message}`;
  if (error instanceof CliMissingError) return `TEMPORAL_CLI_MISSING: ${error.message}`;
  if (error instanceof ChildError) return error.message;
  return explainError(error);
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(error instanceof AlreadyRunningError ? EXIT.alreadyRunning : exitCodeOf(error));
  },
);
