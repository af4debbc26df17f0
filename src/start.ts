/**
 * Entry of `npm start`: everything on one machine. Without STRIPE_* and BLNK_* settings it is a sandbox
 * between two stand-ins; with them it syncs for real.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environmentOfProcess, loadConfig } from './config';
import { SyncError } from './domain/errors';
import { EXIT, exitCodeOf, explainError } from './exit';
import { ChildError } from './local/child';
import type { Started } from './start/parts';
import { sandboxSettings } from './local/sandbox-instance';
import { createScreen } from './start/screen';
import { resetFolder, SCENARIOS, scenarioOf } from './start/kept';
import { HEADINGS, runSession, type Arguments, type Mode } from './start/session';
import { AlreadyRunningError, openStateFolder } from './local/state-folder';
import { CliMissingError } from './temporal/cli-resolver';

function parseArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        plan: { type: 'boolean', default: false },
        'sandbox-ledger': { type: 'boolean', default: false },
        scenario: { type: 'string' },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(EXIT.done);
    }
    const scenario = SCENARIOS.find((name) => name === values.scenario);
    if (values.scenario !== undefined && !scenario)
      throw new SyncError('USAGE', { scenario: `is one of ${SCENARIOS.join(', ')}` });
    return { ...values, scenario, sandboxLedger: values['sandbox-ledger'] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SyncError('USAGE', { arguments: error.message.split('.')[0] ?? '' });
  }
}

/** The stand-in ledger before it is known where it listens. */
const UNBOUND = sandboxSettings({ blnkUrl: 'http://127.0.0.1' });

const HELP = `Runs the database, Temporal, the worker, the server of the Blnk Cloud app where its settings are
there, and in the sandbox both stand-ins.

  npm start                       run until Ctrl-C, syncing by the schedule
  npm start -- --once             end after the first sync
  npm start -- --once --json      print its report as JSON on standard output
  npm start -- --plan             say what the first sync would post, post nothing, and end
  npm start -- --sandbox-ledger   your Stripe test key with the stand-in ledger
  npm start -- --scenario NAME    sandbox payments: ${SCENARIOS.join(', ')};
                                  a sandbox keeps to those that it began with
  npm start -- --reset            begin the sandbox anew: all of it is deleted first

What it keeps is in .data/<sandbox, sandbox-ledger or main>/, the log of each part too: worker.log, server.log,
database.log, temporal.log, stripe-stand-in.log, blnk-stand-in.log. It runs on Linux and macOS.
Settings come from the environment and .env; .env.example explains each.
`;

async function run(): Promise<number> {
  const args = parseArguments();
  const config = loadConfig('start', environmentOfProcess(), args.sandboxLedger ? UNBOUND : {});
  if (args.sandboxLedger && config.instance?.stripe.livemode !== false) {
    throw new SyncError('SETTINGS_INVALID', { STRIPE_SECRET_KEY: 'must be a test key here' });
  }
  const mode: Mode = args.sandboxLedger
    ? 'sandbox-ledger'
    : config.instance || config.connected
      ? 'main'
      : 'sandbox';
  if ((args.once || args.plan) && mode === 'main' && !config.instance) {
    throw new SyncError('USAGE', {
      [args.plan ? '--plan' : '--once']: 'needs an instance in the settings',
    });
  }
  if (args.reset && mode === 'main') {
    throw new SyncError('USAGE', { '--reset': 'is for a sandbox; what was synced is not deleted' });
  }
  const screen = createScreen(args.json ? process.stderr : process.stdout);
  const state = await openStateFolder(join('.data', mode));
  const started: Started = [];
  const stop = new AbortController();
  // The first signal stops everything in order; a second one ends at once, which loses nothing either.
  const onSignal = () => (stop.signal.aborted ? process.exit(EXIT.failed) : stop.abort(STOPPED));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    screen.heading(HEADINGS[mode]);
    if (args.reset) resetFolder(state);
    if (mode === 'sandbox') scenarioOf(state, args.scenario);
    const fail = (error: Error) => stop.abort(error);
    const stopping = stop.signal;
    return await runSession({ args, config, mode, screen, state, started, stop: stopping, fail });
  } catch (error) {
    // What was under way rejects with an error of its own; why it had to end is the signal's reason.
    if (stop.signal.reason === STOPPED) return EXIT.done;
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    screen.settle();
    if (stop.signal.reason === STOPPED) screen.line('Stopping; the next start goes on from here.');
    for (const part of started.reverse()) await part.stop();
    await state.release();
  }
}

const STOPPED = new Error('stopped by the user');

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
