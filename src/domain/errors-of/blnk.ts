/** What Blnk says. */
import { OPERATORS_TURN } from '../code-text';
import type { ErrorInfo } from '../error-info';

export const BLNK_ERRORS = {
  BLNK_KEY_REJECTED: {
    side: 'blnk',
    what: 'Blnk does not accept the key',
    next: 'Set BLNK_API_KEY to a valid key of this instance, then run `check`.',
    owner: { next: 'Install the app again from the Blnk dashboard.' },
    retryable: false,
    pauses: true,
    refuses: 'key',
  },
  BLNK_PERMISSION_MISSING: {
    side: 'blnk',
    what: 'The Blnk key may not do this',
    next: 'Grant the named right (Cloud: data:read and data:write; Core: transactions:write), then run `check`.',
    owner: { next: 'Install the app again with the right granted.' },
    retryable: false,
    pauses: true,
    refuses: 'permission',
  },
  BLNK_REFUSED: {
    side: 'blnk',
    what: 'Blnk refuses every request as invalid',
    next: 'Run `check`; check BLNK_KIND, BLNK_URL and BLNK_INSTANCE_ID.',
    owner: { next: OPERATORS_TURN },
    retryable: true,
  },
  BLNK_LOCKED: {
    side: 'blnk',
    what: 'Blnk holds a lock on the balance',
    next: "Nothing: a lock left by a crash of Blnk ends after 5 minutes. If it stays, check Blnk's Redis.",
    retryable: true,
  },
  BLNK_RATE_LIMITED: {
    side: 'blnk',
    what: 'Blnk limits the rate of requests',
    next: 'Nothing: it is tried again more slowly.',
    retryable: true,
  },
  BLNK_UNAVAILABLE: {
    side: 'blnk',
    what: 'Blnk cannot be reached or fails',
    next: 'Nothing if it passes; else check that Blnk is up, and BLNK_URL.',
    owner: { next: OPERATORS_TURN },
    retryable: true,
  },
  BLNK_BAD_ANSWER: {
    side: 'blnk',
    what: 'Blnk answered with something that is not its documented form',
    next: 'Nothing if it passes; else check BLNK_KIND and BLNK_URL.',
    owner: { next: OPERATORS_TURN },
    retryable: true,
  },
  BLNK_TOO_OLD: {
    side: 'blnk',
    what: 'This Blnk Core is older than 0.15, which is not supported: it books amounts of zero and loses the offset of dates',
    next: 'Update Blnk Core to 0.15 or newer, then run `check`.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
} as const satisfies Record<string, ErrorInfo>;
