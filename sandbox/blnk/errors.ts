/**
 * The error answers of Blnk Core: a flat text under "error" (or "errors") for old clients, and the
 * same with a code under "error_detail".
 */
import type { Reply } from '../exchange';

const STATUS = {
  GEN_MALFORMED_REQUEST: 400,
  GEN_VALIDATION_ERROR: 400,
  GEN_BAD_REQUEST: 400,
  TXN_VALIDATION_ERROR: 400,
  TXN_INSUFFICIENT_FUNDS: 400,
  AUTH_MISSING_API_KEY: 401,
  AUTH_INVALID_API_KEY: 401,
  AUTH_EXPIRED_API_KEY: 401,
  AUTH_INSUFFICIENT_PERMISSIONS: 403,
  AUTH_UNKNOWN_RESOURCE: 403,
  TXN_NOT_FOUND: 404,
  BAL_NOT_FOUND: 404,
  BAL_INVALID_TIMESTAMP: 400,
  META_INVALID_ENTITY_ID: 400,
  META_ENTITY_NOT_FOUND: 404,
  TXN_DUPLICATE_REFERENCE: 409,
  GEN_RESOURCE_LOCKED: 423,
  GEN_INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** Why something was not done. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field that old clients read. Core names it "errors" where a request failed its field rules. */
  readonly legacyKey?: 'error' | 'errors';
  readonly details?: unknown;
}

export function errorReply({ code, message, legacyKey = 'error', details }: Refusal): Reply {
  const detail = details === undefined ? { code, message } : { code, message, details };
  return {
    status: STATUS[code],
    json: {
      [legacyKey]: legacyKey === 'errors' ? (details ?? message) : message,
      error_detail: detail,
    },
  };
}

/** @param details what is wrong with each filter of a query */
export function invalidFilters(details: readonly unknown[]): Reply {
  const message = 'invalid filter parameters';
  return errorReply({ code: 'GEN_VALIDATION_ERROR', message, legacyKey: 'errors', details });
}

export function unknownPath(): Reply {
  return { status: 404, text: '404 page not found', headers: { 'Content-Type': 'text/plain' } };
}

/** Loud where Core could do more than this stand-in: a wrong answer would teach tests a falsehood. */
export function notHeld(what: string): Reply {
  return { status: 501, json: { error: `The Blnk stand-in has no ${what}.` } };
}
