/** `npm start` from its arguments to its end: the settings, the state folder, and one session in it. */
import { join } from 'node:path';
import { environmentOfProcess, loadConfig } from '../../config';
import { unsafeSettings } from '../../config/unsafe';
import { SyncError } from '../../domain/errors';
import { EXIT } from '../../exit';
import { sandboxSettings } from '../state/sandbox-instance';
import { openStateFolder } from '../state/state-folder';
import type { Arguments } from './arguments';
import { resetFolder, scenarioOf } from './kept';
import type { Started } from './parts';
import { createScreen } from './screen';
import { runSession } from './session';
import { HEADINGS, type Mode } from './session-input';

/** The stand-in ledger before it is known where it listens. */
const UNBOUND = sandboxSettings({ blnkUrl: 'http://127.0.0.1' });

/** @returns the exit code */
export async function run(args: Arguments): Promise<number> {
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
    if (mode === 'main') {
      for (const { setting, what, next } of unsafeSettings(config)) {
        screen.trouble(`${setting}: ${what}. ${next}`);
      }
    }
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
