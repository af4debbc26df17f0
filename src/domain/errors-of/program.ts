/** The program itself: its settings, commands, database and parts. */
import { OPERATORS_TURN, SETTINGS_MISFIT, SOON_AGAIN } from '../code-text';
import type { ErrorInfo } from '../error-info';

export const PROGRAM_ERRORS = {
  SETTINGS_INVALID: {
    side: 'ours',
    what: 'The settings are not usable',
    next: 'Correct the settings named above; .env.example explains each.',
    retryable: false,
  },
  USAGE: {
    side: 'ours',
    what: 'The command was not understood',
    next: 'Add --help to see what it takes.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  NOT_RUNNING: {
    side: 'ours',
    what: 'Not running',
    next: 'Start it with npm start.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  ALREADY_RUNNING: {
    side: 'ours',
    what: 'It is already running in this folder',
    next: 'Use the running one (`status` shows it, `sync --plan` what it would post), or stop it with Ctrl-C first.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  NOT_FOUND: {
    side: 'ours',
    what: 'There is no such record',
    next: 'Check the id, and that the Stripe key is of the right account and mode.',
    owner: { next: 'Go back and choose from the list.' },
    retryable: false,
  },
  STORE_UNAVAILABLE: {
    side: 'ours',
    what: 'The database cannot be reached or fails',
    next: 'Check that Postgres is up, and DATABASE_URL.',
    owner: { next: SOON_AGAIN },
    retryable: true,
  },
  SCHEMA_BEHIND: {
    side: 'ours',
    what: 'The database has not been migrated to this version',
    next: 'Run `migrate` (npm start does it by itself).',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  SCHEMA_UNKNOWN: {
    side: 'ours',
    what: 'The database was migrated by a newer version of this program',
    next: 'Run that version, or a later one.',
    retryable: false,
  },
  DATABASE_UNOPENED: {
    side: 'ours',
    what: 'The folder of the embedded database is of another version of Postgres',
    next: 'Run the version of this program that made it; the folder was left as it is.',
    retryable: false,
  },
  DISK_UNWRITABLE: {
    side: 'ours',
    what: 'The folder that npm start keeps everything in cannot be written',
    next: 'Make room on its disk.',
    owner: { what: SETTINGS_MISFIT },
    retryable: false,
  },
  PART_STOPPED: {
    side: 'ours',
    what: 'A part of npm start has stopped',
    next: 'It is started again by itself; its log in the folder .data says why it ended.',
    owner: { what: SETTINGS_MISFIT },
    retryable: false,
  },
  TEMPORAL_UNAVAILABLE: {
    side: 'ours',
    what: 'Temporal cannot be reached',
    next: 'Check that the server is up, and TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.',
    owner: { next: SOON_AGAIN },
    retryable: true,
  },
  TEMPORAL_CLI_MISSING: {
    side: 'ours',
    what: 'No Temporal server could be found or fetched for this machine',
    next: 'Install the Temporal CLI and set TEMPORAL_CLI_PATH, or set TEMPORAL_ADDRESS and DATABASE_URL.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  ALERT_WEBHOOK_FAILED: {
    side: 'ours',
    what: 'ALERT_WEBHOOK_URL did not take a message',
    next: 'Nothing if it passes: it is sent again, at last once an hour. Else check the address and its receiver.',
    owner: { what: SETTINGS_MISFIT },
    retryable: true,
  },
  INTERNAL: {
    side: 'ours',
    what: 'An unexpected fault inside this program',
    next: 'Look at the worker log for the time of the failure and report it.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorInfo>;
