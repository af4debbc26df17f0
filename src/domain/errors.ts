/**
 * Every error that can end a sync or a command, by stable code (docs/errors.md). Messages are made from
 * this table and ids only: text from Stripe, Blnk or Postgres never gets in, since it may hold keys,
 * customers or amounts and would be shown in Temporal.
 */

import { adviceFor } from './advice';
import { OPERATORS_TURN } from './code-text';
import type { ErrorInfo, Side } from './error-info';
import { ERRORS } from './error-table';

/** Cause of a posting that has only waited for its turn: the ledger was not asked. */
export const NOT_SENT = 'NOT_SENT';

export type ErrorCode = keyof typeof ERRORS;

/** Values that may be shown anywhere: ids, names of settings and permissions, counts, status codes. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly retryable: boolean;

  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options: {
      readonly cause?: unknown;
      /** Overrides the table, e.g. when trying again has lasted long enough. */
      readonly retryable?: boolean;
      /** Milliseconds to wait before the next attempt, when the other side said so. */
      readonly retryAfterMs?: number;
      /** What to do next, where the table's sentence does not fit. */
      readonly next?: string;
      /** What another program of this machine has written, such as the end of its log. */
      readonly excerpt?: string;
    } = {},
  ) {
    super(describeError(code, details, options.next), { cause: options.cause ?? options.excerpt });
    this.retryable = options.retryable ?? ERRORS[code].retryable;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.excerpt !== undefined) this.excerpt = options.excerpt;
  }

  readonly retryAfterMs?: number;
  /** Foreign text, for the person at the terminal alone: no part of the message, so that no row, log or failure has it. */
  readonly excerpt?: string;

  get side(): Side {
    return errorInfo(this.code).side;
  }

  /** The other side does not take the key, at all or for this. */
  get refusesKey(): boolean {
    return errorInfo(this.code).refuses !== undefined;
  }
}

/** Of a code that another version has written, as before an update was taken back. */
const OF_ANOTHER_VERSION: ErrorInfo = {
  side: 'ours',
  what: 'A failure that this version of the program does not know',
  next: 'Look the code up in the documentation of the newer version.',
  owner: { next: OPERATORS_TURN },
  retryable: false,
};

export function errorInfo(code: ErrorCode): ErrorInfo {
  if (isErrorCode(code)) return ERRORS[code];
  const side = SIDES.find((one) => (code as string).startsWith(`${one.toUpperCase()}_`));
  return side === undefined ? OF_ANOTHER_VERSION : { ...OF_ANOTHER_VERSION, side };
}

/** A code of either side begins with its name, in every version. */
const SIDES = ['stripe', 'blnk'] as const;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** What to do next, by the cause where that is known. */
export function nextOf(code: ErrorCode, details: ErrorDetails = {}): string {
  return adviceFor(code, details) ?? errorInfo(code).next;
}

/** "What happened (to what). What to do next." */
export function describeError(
  code: ErrorCode,
  details: ErrorDetails = {},
  next: string = nextOf(code, details),
): string {
  const info = errorInfo(code);
  const to = Object.entries(details).map(([key, value]) => `${key} ${value}`);
  return `${info.what}${to.length > 0 ? ` (${to.join(', ')})` : ''}. ${next}`;
}
