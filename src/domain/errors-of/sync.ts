/** A sync and its run, the schedule and the workers. */
import { OPERATORS_TURN, SOON_AGAIN } from '../code-text';
import type { ErrorInfo } from '../error-info';

export const SYNC_ERRORS = {
  READS_QUEUED: {
    side: 'ours',
    what: 'Reads of Stripe wait longer than 20 s for their turn',
    next: 'Nothing: it is tried again later. If it stays, raise STRIPE_READS_PER_SECOND or look for what else reads this account.',
    owner: { next: OPERATORS_TURN },
    retryable: true,
  },
  SCHEDULE_LATE: {
    side: 'ours',
    what: 'A run of the schedule was due minutes ago and has not begun',
    next: 'Check the log and the disk of the Temporal server; restart it if it stays.',
    retryable: false,
  },
  INSTANCE_FROZEN: {
    side: 'ours',
    what: 'A setting that was fixed at the first posting has another value now',
    next: 'Set it back: changing it would book pay-ins twice or split balances.',
    owner: { next: 'It stays as it is: changing it would book pay-ins twice.' },
    retryable: false,
    pauses: true,
  },
  SYNC_SINCE_REQUIRED: {
    side: 'ours',
    what: 'The key is live and SYNC_SINCE is not set, so the first sync would post the whole history',
    next: 'Set SYNC_SINCE to the first day that is not in the books yet (YYYY-MM-DD), or to all.',
    owner: {
      what: 'The first day to book was not chosen',
      next: 'Choose from which day on pay-ins are booked.',
    },
    retryable: false,
    pauses: true,
  },
  SOURCE_CHANGED: {
    side: 'ours',
    what: 'The Stripe account, its mode or the ledger is not the one that this instance was synced with',
    next: 'Set the old key or ledger back, or confirm with `sync --accept-source`, which lists everything again.',
    owner: {
      next: 'Connect the key of the former account, or confirm the change on the page Stripe.',
    },
    retryable: false,
    pauses: true,
  },
  SYNC_NOT_OPEN: {
    side: 'ours',
    what: 'This sync was closed or taken over by another one',
    next: 'Nothing: the newer sync does the work.',
    retryable: false,
  },
  OWNER_GONE: {
    side: 'ours',
    what: 'The workflow that owned this sync ended without closing it',
    next: 'Nothing: the sync that found it took over.',
    retryable: false,
  },
  RUN_STALLED: {
    side: 'ours',
    what: 'A sync has stood still for 10 minutes',
    next: 'Look at the worker log. If it stays, `syncs cancel --force` ends it, and the next sync goes on from there.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  RUN_BROKEN: {
    side: 'ours',
    what: 'This version of the program cannot go on with the run',
    next: '`syncs cancel --force` ends it, and the next sync goes on from there. The worker log says why.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  WORKER_MISSING: {
    side: 'ours',
    what: 'No worker takes up the run',
    next: 'Start one with npm start (or npm run worker); with worker versioning, one of its version.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  WORKER_OUTDATED: {
    side: 'ours',
    what: 'A worker was started with other settings than those of now',
    next: 'Restart the worker (npm start, or npm run worker): it reads settings and .env when it starts.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  SYNC_ALREADY_RUNNING: {
    side: 'ours',
    what: 'Another sync of this instance is running',
    next: 'Wait for it, or follow it with `status`.',
    owner: { next: 'Wait until the sync that runs has ended.' },
    retryable: false,
  },
  LEDGER_FORGETS: {
    side: 'ours',
    what: 'The ledger has lost postings that it had acknowledged, again and again within one sync',
    next: 'Look after the database of the ledger (failovers, crashes, restores); the next sync posts what is missing.',
    retryable: false,
  },
  NOT_FINISHED: {
    side: 'ours',
    what: 'Something of this sync was still open after it had planned again many times',
    next: 'Nothing: the next sync goes on where this one was. If it stays, report it with the worker log.',
    retryable: false,
  },
  TIMED_OUT: {
    side: 'ours',
    what: 'A step did not end within its total time',
    next: 'Check that the worker and the database are up; the next sync goes on where this one was.',
    owner: { next: SOON_AGAIN },
    retryable: false,
  },
} as const satisfies Record<string, ErrorInfo>;
