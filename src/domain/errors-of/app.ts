/** The Blnk Cloud app: instances, installs, stored keys, the portal. */
import { OPERATORS_TURN, SETTINGS_MISFIT } from '../code-text';
import type { ErrorInfo } from '../error-info';

export const APP_ERRORS = {
  INSTANCE_UNKNOWN: {
    side: 'ours',
    what: 'There is no such instance',
    next: 'Check --instance; without it the configured instance is used.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  INSTANCE_INACTIVE: {
    side: 'ours',
    what: 'The instance was removed, or the app was uninstalled from it',
    next: 'Install the app again, or run `instances connect`.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  INSTANCE_FROM_ENVIRONMENT: {
    side: 'ours',
    what: 'The keys of this instance are in the environment',
    next: 'Change its settings there.',
    owner: { next: 'Whoever runs this program changes it in its settings.' },
    retryable: false,
  },
  ENCRYPTION_KEY_UNKNOWN: {
    side: 'ours',
    what: 'A stored key was encrypted with a key that ENCRYPTION_KEYS lacks',
    next: 'Put the named key back into ENCRYPTION_KEYS.',
    owner: { what: SETTINGS_MISFIT, next: OPERATORS_TURN },
    retryable: false,
  },
  STORED_KEY_DAMAGED: {
    side: 'ours',
    what: 'A stored key does not open: its row was changed, or belongs elsewhere',
    next: 'Connect the named owner anew; find out who writes to the database.',
    retryable: false,
  },
  ENCRYPTION_KEY_CHANGED: {
    side: 'ours',
    what: 'ENCRYPTION_KEYS has another key under an id than the one that was used under it',
    next: 'Put the former key back under that id; a new key needs an id of its own.',
    owner: { what: SETTINGS_MISFIT },
    retryable: false,
  },
  PAYLOAD_INVALID: {
    side: 'ours',
    what: 'The request has another form than this address takes',
    next: 'Compare the named field with the documentation of Blnk Cloud apps.',
    retryable: false,
  },
  INSTALL_MISMATCH: {
    side: 'ours',
    what: 'This install is known with another app or instance',
    next: 'Nothing was changed; install the app anew.',
    retryable: false,
  },
  INSTALL_NOT_ACTIVE: {
    side: 'ours',
    what: 'This install is not in force',
    next: 'Wait a minute after an install: its key is tried first. If it stays, install the app again.',
    retryable: false,
  },
  INSTALL_HELD: {
    side: 'ours',
    what: 'Another install asks for an instance whose key in force works',
    next: 'Nothing was replaced. If you installed the app again, put it in force with `instances approve`; else it is a forgery: `instances refuse` ends it.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  INSTALL_UNPROVEN: {
    side: 'ours',
    what: 'The key of the new install does not find in its ledger what was posted there before',
    next: 'If it is the right ledger, put it in force with `instances approve`; else it is a forgery: `instances refuse` ends it.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  INSTALL_NOT_APPROVED: {
    side: 'ours',
    what: 'STRIPE_KEY_INSTANCES names this instance, and nobody has approved its install yet',
    next: 'Compare the install with `instances show`, then run `instances approve`.',
    owner: { what: SETTINGS_MISFIT, next: OPERATORS_TURN },
    retryable: false,
  },
  SESSION_UNKNOWN: {
    side: 'ours',
    what: 'This browser has no session of the portal',
    next: 'Open the app again from the Blnk dashboard.',
    retryable: false,
  },
  SESSION_EXPIRED: {
    side: 'ours',
    what: 'The session of the portal has ended, or its link was used before',
    next: 'Open the app again from the Blnk dashboard.',
    retryable: false,
  },
  PORTAL_OUTSIDE_FRAME: {
    side: 'ours',
    what: 'The portal opens only inside the Blnk dashboard',
    next: 'Open the app from the Blnk dashboard.',
    retryable: false,
  },
  ACTION_REFUSED: {
    side: 'ours',
    what: 'The request did not come from a page of this session',
    next: 'Load the page again and repeat what you did. Nothing was changed.',
    retryable: false,
  },
  REQUESTS_LIMITED: {
    side: 'ours',
    what: 'Too many requests from one address',
    next: 'Wait a minute.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorInfo>;
