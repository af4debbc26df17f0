/** What a sync fails with: the code that an activity gave, as the workflow and its row say it. */
import { ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import { describeError, isErrorCode, type ErrorDetails } from '../domain/errors';

export interface Cause {
  readonly code: string;
  readonly details: ErrorDetails;
  readonly message?: string;
}

/** The code that an activity gave, or TIMED_OUT when it gave none within its time. */
export function causeOf(error: unknown): Cause {
  let timedOut = false;
  for (let at: unknown = error; at instanceof TemporalFailure; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type) {
      const details = (at.details?.[0] ?? {}) as ErrorDetails;
      return { code: at.type, details, message: at.message };
    }
    timedOut ||= at instanceof TimeoutFailure;
  }
  return { code: timedOut ? 'TIMED_OUT' : 'INTERNAL', details: {} };
}

export function failure(code: string, details: ErrorDetails, message?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: message ?? describeError(isErrorCode(code) ? code : 'INTERNAL'),
    details: [details],
    nonRetryable: true,
  });
}
