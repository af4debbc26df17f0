/** Exit codes of every program: scripts rely on them. */
import { SyncError, type ErrorCode } from './domain/errors';
import type { ProofState } from './domain/proof/proof';
import type { SyncStatus } from './domain/sync';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  alreadyRunning: 4,
  /** Done, with something left: pay-ins newly in quarantine, a retry in vain, a broken proof, repairs. */
  problems: 5,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  SETTINGS_INVALID: EXIT.usage,
  USAGE: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  INSTANCE_UNKNOWN: EXIT.notFound,
  ALREADY_RUNNING: EXIT.alreadyRunning,
  SYNC_ALREADY_RUNNING: EXIT.alreadyRunning,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof SyncError ? (BY_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
}

export function exitCodeOfStatus(status: SyncStatus): number {
  switch (status) {
    case 'completed':
    case 'running':
      return EXIT.done;
    case 'completed_with_problems':
      return EXIT.problems;
    case 'failed':
    case 'cancelled':
      return EXIT.failed;
    case 'skipped':
      return EXIT.alreadyRunning;
  }
}

/** What is not known yet is no success: a script that asks for a proof must not take it for one. */
export function exitCodeOfProof(state: ProofState): number {
  switch (state) {
    case 'proven':
    case 'explained':
      return EXIT.done;
    case 'broken':
      return EXIT.problems;
    case 'waiting':
    case 'not_read':
      return EXIT.failed;
  }
}

/** The line that a program ends with. A fault of our own comes with its stack, to be reported. */
export function explainError(error: unknown): string {
  if (error instanceof SyncError) {
    const { code, message, excerpt } = error;
    return `${code}: ${message}${excerpt === undefined ? '' : `\n${excerpt}`}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
