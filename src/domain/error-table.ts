/** What each code means and what to do about it (docs/errors.md). */

export interface ErrorInfo {
  /** What happened, as a sentence without its full stop. */
  readonly what: string;
  /** What to do next. */
  readonly next: string;
  /** Whether trying again without a person's help can succeed. */
  readonly retryable: boolean;
  /** Whether the schedule is paused, since every further run would fail the same way. */
  readonly pauses?: true;
}

export const ERRORS = {
  SETTINGS_INVALID: {
    what: 'The settings are not usable',
    next: 'Correct the settings named above; .env.example explains each.',
    retryable: false,
  },
  USAGE: {
    what: 'The command was not understood',
    next: 'Add --help to see what it takes.',
    retryable: false,
  },
  NOT_RUNNING: {
    what: 'Not running',
    next: 'Start it with npm start.',
    retryable: false,
  },
  ALREADY_RUNNING: {
    what: 'It is already running in this folder',
    next: 'Use the running one (`status` shows it, `sync --plan` what it would post), or stop it with Ctrl-C first.',
    retryable: false,
  },
  NOT_FOUND: {
    what: 'There is no such record',
    next: 'Check the id, and that the Stripe key is of the right account and mode.',
    retryable: false,
  },
  STRIPE_KEY_REJECTED: {
    what: 'Stripe does not accept the key',
    next: 'Set STRIPE_SECRET_KEY to a valid restricted key, then run `check`.',
    retryable: false,
    pauses: true,
  },
  STRIPE_PERMISSION_MISSING: {
    what: 'The Stripe key lacks a permission',
    next: 'Grant the named permission (read) to the restricted key in the Stripe Dashboard, then run `check`.',
    retryable: false,
    pauses: true,
  },
  STRIPE_REFUSED: {
    what: 'Stripe refused the request as invalid',
    next: 'Check STRIPE_API_BASE; if it is right, report the request id with this code.',
    retryable: false,
  },
  STRIPE_RATE_LIMITED: {
    what: 'Stripe limits the rate of requests',
    next: 'Nothing: it is tried again more slowly.',
    retryable: true,
  },
  STRIPE_UNAVAILABLE: {
    what: 'Stripe cannot be reached or fails',
    next: 'Nothing if it passes; else check the network and STRIPE_API_BASE.',
    retryable: true,
  },
  STRIPE_BAD_ANSWER: {
    what: 'Stripe answered with something that is not its documented form',
    next: 'Nothing if it passes; else check STRIPE_API_BASE and for an update of this program.',
    retryable: true,
  },
  STRIPE_CURSOR_DEAD: {
    what: 'Stripe no longer knows the position in the list, again and again',
    next: 'Run `sync` again: reading starts from the beginning of the window.',
    retryable: false,
  },
  BLNK_KEY_REJECTED: {
    what: 'Blnk does not accept the key',
    next: 'Set BLNK_API_KEY to a valid key of this instance, then run `check`.',
    retryable: false,
    pauses: true,
  },
  BLNK_PERMISSION_MISSING: {
    what: 'The Blnk key may not do this',
    next: 'Grant the named right (Cloud: data:read and data:write; Core: transactions:write), then run `check`.',
    retryable: false,
    pauses: true,
  },
  BLNK_REFUSED: {
    what: 'Blnk refuses every request as invalid',
    next: 'Run `check`; check BLNK_KIND, BLNK_URL and BLNK_INSTANCE_ID.',
    retryable: true,
  },
  BLNK_LOCKED: {
    what: 'Blnk holds a lock on the balance',
    next: "Nothing: a lock left by a crash of Blnk ends after 5 minutes. If it stays, check Blnk's Redis.",
    retryable: true,
  },
  BLNK_RATE_LIMITED: {
    what: 'Blnk limits the rate of requests',
    next: 'Nothing: it is tried again more slowly.',
    retryable: true,
  },
  BLNK_UNAVAILABLE: {
    what: 'Blnk cannot be reached or fails',
    next: 'Nothing if it passes; else check that Blnk is up, and BLNK_URL.',
    retryable: true,
  },
  BLNK_BAD_ANSWER: {
    what: 'Blnk answered with something that is not its documented form',
    next: 'Nothing if it passes; else check BLNK_KIND and BLNK_URL.',
    retryable: true,
  },
  BLNK_TOO_OLD: {
    what: 'This Blnk Core is older than 0.15, which is not supported: it books amounts of zero and loses the offset of dates',
    next: 'Update Blnk Core to 0.15 or newer, then run `check`.',
    retryable: false,
  },
  READS_QUEUED: {
    what: 'Reads of Stripe wait longer than 20 s for their turn',
    next: 'Nothing: it is tried again later. If it stays, raise STRIPE_READS_PER_SECOND or look for what else reads this account.',
    retryable: true,
  },
  STORE_UNAVAILABLE: {
    what: 'The database cannot be reached or fails',
    next: 'Check that Postgres is up, and DATABASE_URL.',
    retryable: true,
  },
  SCHEMA_BEHIND: {
    what: 'The database has not been migrated to this version',
    next: 'Run `migrate` (npm start does it by itself).',
    retryable: false,
  },
  SCHEMA_UNKNOWN: {
    what: 'The database was migrated by a newer version of this program',
    next: 'Run that version, or a later one.',
    retryable: false,
  },
  DATABASE_UNOPENED: {
    what: 'The folder of the embedded database is of another version of Postgres',
    next: 'Run the version of this program that made it; the folder was left as it is.',
    retryable: false,
  },
  DISK_UNWRITABLE: {
    what: 'The folder that npm start keeps everything in cannot be written',
    next: 'Make room on its disk.',
    retryable: false,
  },
  PART_STOPPED: {
    what: 'A part of npm start has stopped',
    next: 'It is started again by itself; its log in the folder .data says why it ended.',
    retryable: false,
  },
  PART_FAILED: {
    what: 'A part of npm start does not start, or ends again and again',
    next: 'The end of its log says why.',
    retryable: false,
  },
  SOCKET_IN_USE: {
    what: 'Another program answers on a socket of npm start',
    next: 'Stop the npm start, or the database of one that was killed, which uses it.',
    retryable: false,
  },
  SCHEDULE_LATE: {
    what: 'A run of the schedule was due minutes ago and has not begun',
    next: 'Check the log and the disk of the Temporal server; restart it if it stays.',
    retryable: false,
  },
  TEMPORAL_UNAVAILABLE: {
    what: 'Temporal cannot be reached',
    next: 'Check that the server is up, and TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.',
    retryable: true,
  },
  TEMPORAL_CLI_MISSING: {
    what: 'No Temporal server could be found or fetched for this machine',
    next: 'Install the Temporal CLI and set TEMPORAL_CLI_PATH, or set TEMPORAL_ADDRESS and DATABASE_URL.',
    retryable: false,
  },
  INSTANCE_UNKNOWN: {
    what: 'There is no such instance',
    next: 'Check --instance; without it the configured instance is used.',
    retryable: false,
  },
  INSTANCE_INACTIVE: {
    what: 'The instance was removed, or the app was uninstalled from it',
    next: 'Install the app again, or run `instances connect`.',
    retryable: false,
  },
  INSTANCE_FROM_ENVIRONMENT: {
    what: 'The keys of this instance are in the environment',
    next: 'Change its settings there.',
    retryable: false,
  },
  STRIPE_NOT_CONNECTED: {
    what: 'No Stripe account is connected to this instance',
    next: 'Connect one with `instances connect`.',
    retryable: false,
  },
  STRIPE_KEY_MALFORMED: {
    what: 'This is no Stripe key',
    next: 'Copy the restricted key (rk_live_… or rk_test_…) from the Stripe Dashboard.',
    retryable: false,
  },
  STRIPE_KEY_OF_ORGANISATION: {
    what: 'The Stripe key is of an organisation, which has many accounts',
    next: 'Make a restricted key (rk_live_… or rk_test_…) of the one account that is to be synced.',
    retryable: false,
  },
  STRIPE_KEY_UNRESTRICTED: {
    what: 'The Stripe key is a live secret key, which may do everything',
    next: 'Make a restricted key in the Stripe Dashboard with the read permissions that are named.',
    retryable: false,
  },
  STRIPE_SOURCE_DIFFERS: {
    what: 'The Stripe key is of another account or mode than this instance was synced with',
    next: 'Give a key of the same account and mode, or confirm the change, which lists everything again.',
    retryable: false,
  },
  ENCRYPTION_KEY_UNKNOWN: {
    what: 'A stored key was encrypted with a key that ENCRYPTION_KEYS lacks',
    next: 'Put the named key back into ENCRYPTION_KEYS.',
    retryable: false,
  },
  STORED_KEY_DAMAGED: {
    what: 'A stored key does not open: its row was changed, or belongs elsewhere',
    next: 'Connect the named owner anew; find out who writes to the database.',
    retryable: false,
  },
  ENCRYPTION_KEY_CHANGED: {
    what: 'ENCRYPTION_KEYS has another key under an id than the one that was used under it',
    next: 'Put the former key back under that id; a new key needs an id of its own.',
    retryable: false,
  },
  PAYLOAD_INVALID: {
    what: 'The request has another form than this address takes',
    next: 'Compare the named field with the documentation of Blnk Cloud apps.',
    retryable: false,
  },
  INSTALL_MISMATCH: {
    what: 'This install is known with another app or instance',
    next: 'Nothing was changed; install the app anew.',
    retryable: false,
  },
  INSTALL_NOT_ACTIVE: {
    what: 'This install is not in force',
    next: 'Wait a minute after an install: its key is tried first. If it stays, install the app again.',
    retryable: false,
  },
  INSTALL_HELD: {
    what: 'Another install asks for an instance whose key in force works',
    next: 'Nothing was replaced. If you installed the app again, put it in force with `instances approve`; else it is a forgery: `instances refuse` ends it.',
    retryable: false,
  },
  INSTALL_UNPROVEN: {
    what: 'The key of the new install does not find in its ledger what was posted there before',
    next: 'If it is the right ledger, put it in force with `instances approve`; else it is a forgery: `instances refuse` ends it.',
    retryable: false,
  },
  INSTALL_NOT_APPROVED: {
    what: 'STRIPE_KEY_INSTANCES names this instance, and nobody has approved its install yet',
    next: 'Compare the install with `instances show`, then run `instances approve`.',
    retryable: false,
  },
  SESSION_UNKNOWN: {
    what: 'This browser has no session of the portal',
    next: 'Open the app again from the Blnk dashboard.',
    retryable: false,
  },
  SESSION_EXPIRED: {
    what: 'The session of the portal has ended, or its link was used before',
    next: 'Open the app again from the Blnk dashboard.',
    retryable: false,
  },
  PORTAL_OUTSIDE_FRAME: {
    what: 'The portal opens only inside the Blnk dashboard',
    next: 'Open the app from the Blnk dashboard.',
    retryable: false,
  },
  STRIPE_KEYS_LIMITED: {
    what: 'Too many Stripe keys were tried for this instance',
    next: 'Wait an hour, then give the right one.',
    retryable: true,
  },
  ACTION_REFUSED: {
    what: 'The request did not come from a page of this session',
    next: 'Load the page again and repeat what you did. Nothing was changed.',
    retryable: false,
  },
  REQUESTS_LIMITED: {
    what: 'Too many requests from one address',
    next: 'Wait a minute.',
    retryable: true,
  },
  ALERT_WEBHOOK_FAILED: {
    what: 'ALERT_WEBHOOK_URL did not take a message',
    next: 'Nothing if it passes: it is sent again, at last once an hour. Else check the address and its receiver.',
    retryable: true,
  },
  INSTANCE_FROZEN: {
    what: 'A setting that was fixed at the first posting has another value now',
    next: 'Set it back: changing it would book pay-ins twice or split balances.',
    retryable: false,
    pauses: true,
  },
  SYNC_SINCE_REQUIRED: {
    what: 'The key is live and SYNC_SINCE is not set, so the first sync would post the whole history',
    next: 'Set SYNC_SINCE to the first day that is not in the books yet (YYYY-MM-DD), or to all.',
    retryable: false,
    pauses: true,
  },
  SOURCE_CHANGED: {
    what: 'The Stripe account, its mode or the ledger is not the one that this instance was synced with',
    next: 'Set the old key or ledger back, or confirm with `sync --accept-source`, which lists everything again.',
    retryable: false,
    pauses: true,
  },
  SYNC_NOT_OPEN: {
    what: 'This sync was closed or taken over by another one',
    next: 'Nothing: the newer sync does the work.',
    retryable: false,
  },
  OWNER_GONE: {
    what: 'The workflow that owned this sync ended without closing it',
    next: 'Nothing: the sync that found it took over.',
    retryable: false,
  },
  RUN_STALLED: {
    what: 'A sync has stood still for 10 minutes',
    next: 'Look at the worker log. If it stays, `syncs cancel --force` ends it, and the next sync goes on from there.',
    retryable: false,
  },
  RUN_BROKEN: {
    what: 'This version of the program cannot go on with the run',
    next: '`syncs cancel --force` ends it, and the next sync goes on from there. The worker log says why.',
    retryable: false,
  },
  WORKER_MISSING: {
    what: 'No worker takes up the run',
    next: 'Start one with npm start (or npm run worker); with worker versioning, one of its version.',
    retryable: false,
  },
  WORKER_OUTDATED: {
    what: 'A worker was started with other settings than those of now',
    next: 'Restart the worker (npm start, or npm run worker): it reads settings and .env when it starts.',
    retryable: false,
  },
  SYNC_ALREADY_RUNNING: {
    what: 'Another sync of this instance is running',
    next: 'Wait for it, or follow it with `status`.',
    retryable: false,
  },
  LEDGER_FORGETS: {
    what: 'The ledger has lost postings that it had acknowledged, again and again within one sync',
    next: 'Look after the database of the ledger (failovers, crashes, restores); the next sync posts what is missing.',
    retryable: false,
  },
  NOT_FINISHED: {
    what: 'Something of this sync was still open after it had planned again many times',
    next: 'Nothing: the next sync goes on where this one was. If it stays, report it with the worker log.',
    retryable: false,
  },
  TIMED_OUT: {
    what: 'A step did not end within its total time',
    next: 'Check that the worker and the database are up; the next sync goes on where this one was.',
    retryable: false,
  },
  INTERNAL: {
    what: 'An unexpected fault inside this program',
    next: 'Look at the worker log for the time of the failure and report it.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorInfo>;
