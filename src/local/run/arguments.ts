/** What `npm start` is called with. Read before anything else is loaded: help and a mistyped option need no more. */
import { parseArgs } from 'node:util';
import { SyncError } from '../../domain/errors';

/** Invented payments; a state folder keeps to the one that it began with. */
export const SCENARIOS = ['default', 'problems', 'month', 'million', 'empty'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Arguments {
  readonly once: boolean;
  /** Only say which pay-ins a sync would post. */
  readonly plan: boolean;
  readonly json: boolean;
  readonly sandboxLedger: boolean;
  /** undefined: the one that it began with. */
  readonly scenario: Scenario | undefined;
  readonly reset: boolean;
}

/**
 * @returns undefined: only help was asked for
 * @throws SyncError USAGE
 */
export function parseArguments(args: readonly string[]): Arguments | undefined {
  const { help, scenario: asked, ...values } = parsed(args);
  if (help) return undefined;
  const scenario = SCENARIOS.find((name) => name === asked);
  if (asked !== undefined && !scenario) {
    throw new SyncError('USAGE', { '--scenario': `is one of ${SCENARIOS.join(', ')}` });
  }
  return { ...values, scenario, sandboxLedger: values['sandbox-ledger'] };
}

function parsed(args: readonly string[]) {
  const single = args.find((word) => /^-[^-]/.test(word) && word !== '-h');
  if (single !== undefined) {
    throw new SyncError('USAGE', {
      'unknown option': `'${single}'; options begin with two dashes`,
    });
  }
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        plan: { type: 'boolean', default: false },
        'sandbox-ledger': { type: 'boolean', default: false },
        scenario: { type: 'string' },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // "Unknown option '--x'. To specify …": what is wrong, and with what.
    const [said = ''] = error.message.split('. ');
    const [, what = 'problem', which = said] = /^(\w[^']+?) ('.*)$/.exec(said) ?? [];
    throw new SyncError('USAGE', { [what.toLowerCase()]: which });
  }
}

export const HELP = `Runs the database, Temporal, the worker, the server of the Blnk Cloud app where its settings are
there, and in the sandbox both stand-ins.

  npm start                       run until Ctrl-C, syncing by the schedule
  npm start -- --once             end after the first sync
  npm start -- --once --json      print its report as JSON on standard output
  npm start -- --plan             say which pay-ins the first sync would post, and end
  npm start -- --sandbox-ledger   your Stripe test key with the stand-in ledger
  npm start -- --scenario NAME    sandbox payments: ${SCENARIOS.join(', ')};
                                  a sandbox keeps to those that it began with
  npm start -- --reset            begin the sandbox anew: all of it is deleted first

What it keeps is in .data/<sandbox, sandbox-ledger or main>/, the log of each part too: worker.log, server.log,
database.log, temporal.log, stripe-stand-in.log, blnk-stand-in.log. It runs on Linux and macOS.
Settings come from the environment and .env; .env.example explains each.
`;
