/** The command line: one file per verb, put together here. */
import { Command } from 'commander';
import { addCheck } from './check';
import { addCloud } from './cloud';
import { addExplain } from './explain';
import { addInstances } from './instances';
import { addKeys } from './keys';
import { addMigrate } from './migrate';
import { addQuarantine } from './quarantine';
import { addSchedules } from './schedules';
import { addStatus } from './status';
import { addSync } from './sync';
import { addSyncs } from './syncs';
import { CALLED, type Run } from './verb';

export function createProgram(version: string, run: Run): Command {
  const program = new Command(CALLED)
    .description('Carries Stripe pay-ins into a Blnk ledger and shows that it did.')
    .version(version)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      [
        '',
        'Each takes --instance <id>, --json and --help (with an example).',
        'Keys come from the environment or .env, never from an argument. With --json call it as',
        'npm run --silent cli -- …: npm prints two lines of its own otherwise.',
        'Exit codes: 0 done, 1 failed, 2 usage or settings, 3 not found, 4 already running,',
        '5 done with pay-ins newly set aside.',
      ].join('\n'),
    );
  for (const add of [
    addCheck,
    addSync,
    addStatus,
    addSyncs,
    addExplain,
    addQuarantine,
    addSchedules,
    addInstances,
    addKeys,
    addCloud,
    addMigrate,
  ]) {
    add(program, run);
  }
  quietly(program);
  return program;
}

/** Every command throws what it would print before exiting, so that all errors look alike. */
function quietly(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const child of command.commands) quietly(child);
}
