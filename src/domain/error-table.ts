/** What each code means and what to do about it, in the order of docs/errors.md. */
import type { ErrorInfo } from './error-info';
import { APP_ERRORS } from './errors-of/app';
import { BLNK_ERRORS } from './errors-of/blnk';
import { PROGRAM_ERRORS } from './errors-of/program';
import { STRIPE_ERRORS } from './errors-of/stripe';
import { SYNC_ERRORS } from './errors-of/sync';

export const ERRORS = {
  ...PROGRAM_ERRORS,
  ...STRIPE_ERRORS,
  ...BLNK_ERRORS,
  ...SYNC_ERRORS,
  ...APP_ERRORS,
} as const satisfies Record<string, ErrorInfo>;
