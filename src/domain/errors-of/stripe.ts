/** What Stripe says, and what is the matter with a key of Stripe. */
import { OPERATORS_TURN } from '../code-text';
import type { ErrorInfo } from '../error-info';

export const STRIPE_ERRORS = {
  STRIPE_KEY_REJECTED: {
    side: 'stripe',
    what: 'Stripe does not accept the key',
    next: 'Set STRIPE_SECRET_KEY to a valid restricted key, then run `check`.',
    owner: { next: 'Connect a valid restricted key on the page Stripe.' },
    retryable: false,
    pauses: true,
    refuses: 'key',
  },
  STRIPE_PERMISSION_MISSING: {
    side: 'stripe',
    what: 'The Stripe key lacks a permission',
    next: 'Grant the named permission (read) to the restricted key in the Stripe Dashboard, then run `check`.',
    owner: {
      next: 'Grant the permission (read) to the key in the Stripe Dashboard, or connect another key.',
    },
    retryable: false,
    pauses: true,
    refuses: 'permission',
  },
  STRIPE_REFUSED: {
    side: 'stripe',
    what: 'Stripe refused the request as invalid',
    next: 'Check STRIPE_API_BASE; if it is right, report the request id with this code.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  STRIPE_RATE_LIMITED: {
    side: 'stripe',
    what: 'Stripe limits the rate of requests',
    next: 'Nothing: it is tried again more slowly.',
    retryable: true,
  },
  STRIPE_UNAVAILABLE: {
    side: 'stripe',
    what: 'Stripe cannot be reached or fails',
    next: 'Nothing if it passes; else check the network and STRIPE_API_BASE.',
    owner: { next: 'Nothing was changed. Try again in a moment.' },
    retryable: true,
  },
  STRIPE_BAD_ANSWER: {
    side: 'stripe',
    what: 'Stripe answered with something that is not its documented form',
    next: 'Nothing if it passes; else check STRIPE_API_BASE and for an update of this program.',
    owner: { next: OPERATORS_TURN },
    retryable: true,
  },
  STRIPE_CURSOR_DEAD: {
    side: 'stripe',
    what: 'Stripe no longer knows the position in the list, again and again',
    next: 'Run `sync` again: reading starts from the beginning of the window.',
    owner: { next: OPERATORS_TURN },
    retryable: false,
  },
  STRIPE_NOT_CONNECTED: {
    side: 'stripe',
    what: 'No Stripe account is connected to this instance',
    next: 'Connect one with `instances connect`.',
    owner: { next: 'Connect a Stripe account on the page Stripe.' },
    retryable: false,
  },
  STRIPE_KEY_MALFORMED: {
    side: 'stripe',
    what: 'This is no Stripe key',
    next: 'Copy the restricted key (rk_live_… or rk_test_…) from the Stripe Dashboard.',
    retryable: false,
  },
  STRIPE_KEY_OF_ORGANISATION: {
    side: 'stripe',
    what: 'The Stripe key is of an organisation, which has many accounts',
    next: 'Make a restricted key (rk_live_… or rk_test_…) of the one account that is to be synced.',
    retryable: false,
  },
  STRIPE_KEY_UNRESTRICTED: {
    side: 'stripe',
    what: 'The Stripe key is a live secret key, which may do everything',
    next: 'Make a restricted key in the Stripe Dashboard with the read permissions that are named.',
    retryable: false,
  },
  STRIPE_SOURCE_DIFFERS: {
    side: 'stripe',
    what: 'The Stripe key is of another account or mode than this instance was synced with',
    next: 'Give a key of the same account and mode, or confirm the change, which lists everything again.',
    retryable: false,
  },
  STRIPE_KEYS_LIMITED: {
    side: 'stripe',
    what: 'Too many Stripe keys were tried for this instance',
    next: 'Wait an hour, then give the right one.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorInfo>;
