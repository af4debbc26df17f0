/**
 * Why a pay-in is set aside (quarantined) instead of posted. `passing`: every sync tries again, backing
 * off to once a day. `person`: nothing changes by itself, so only `quarantine retry` tries again.
 * `nobody`: there is nothing to do, so it is closed as it is set aside.
 */
import type { CodeText } from './code-text';

export type ReasonKind = 'passing' | 'person' | 'nobody';

export interface ReasonInfo extends CodeText {
  readonly kind: ReasonKind;
}

/** What ends a pay-in that was booked by hand. A movement that is none is never closed: each proof names it. */
const CLOSE = 'close it with `quarantine close`';
const ACCEPT = 'accept that posting with `reconcile accept`';

export const REASONS = {
  FIELDS_MALFORMED: {
    kind: 'person',
    what: 'Stripe sent it without a usable creation time, mode or currency',
    next: 'Compare it in the Stripe Dashboard, then read a payment again with `sync --payment`; of a movement (txn_…) `explain` tells the row.',
    owner: { next: 'Compare it in the Stripe Dashboard, then try again.' },
  },
  OBJECT_UNREADABLE: {
    kind: 'person',
    what: 'Stripe listed a row or an event here from which no payment can be read',
    next: 'Look its id up in the Stripe Dashboard; if a payment is behind it, read that with `sync --payment`.',
    owner: { next: 'Look its id up in the Stripe Dashboard; book a payment behind it by hand.' },
  },
  SOURCE_UNREADABLE: {
    kind: 'person',
    what: 'Stripe did not show the payment or refund that this movement of its balance came from',
    next: 'Run `check`, which names what the Stripe key may not read, then run `quarantine retry`.',
    owner: { next: 'Look at what the Stripe key may read, then try again.' },
  },
  AMOUNT_MISSING: {
    kind: 'person',
    what: 'Stripe gave no amount that can be read: no amount_received of a payment, or no amount, fee or net of a movement',
    next: `Look at it in the Stripe Dashboard; book it by hand if it is real, then ${CLOSE}.`,
    owner: {
      what: 'Stripe gave no amount that can be read',
      next: 'Look at it in the Stripe Dashboard and book it by hand if it is real; then close it here.',
    },
  },
  AMOUNT_ZERO: {
    kind: 'nobody',
    what: 'its amount is zero, so there is nothing to book',
    next: 'Nothing: it is closed already.',
  },
  AMOUNT_NOT_POSITIVE: {
    kind: 'person',
    what: 'its amount is negative, which no payment that succeeded has',
    next: `Look at it in the Stripe Dashboard, then ${CLOSE}.`,
    owner: { next: 'Look at it in the Stripe Dashboard; then close it here.' },
  },
  AMOUNT_UNSAFE: {
    kind: 'person',
    what: 'its amount does not fit an integer that JSON carries exactly (2^53 - 1)',
    next: `Book it by hand, since sending it could change its amount, then ${CLOSE}.`,
    owner: {
      what: 'The amount is too large to be sent exactly',
      next: 'Book it by hand, since sending it could change its amount; then close it here.',
    },
  },
  CURRENCY_UNKNOWN: {
    kind: 'person',
    what: 'the currency is not in our table of Stripe currencies, so its decimals are unknown',
    next: 'Update this program to a version that knows the currency, then run `quarantine retry`.',
    owner: {
      what: 'The currency is not known to this app, and so its decimals are not',
      next: 'It needs a version of this app that knows the currency.',
    },
  },
  PAYER_MALFORMED: {
    kind: 'person',
    what: 'what stands as the customer id cannot be one (nothing, half a character, control characters)',
    next: `Look at the customer in the Stripe Dashboard; book it by hand, then ${CLOSE}.`,
    owner: {
      next: 'Look at the customer in the Stripe Dashboard and book it by hand; then close it here.',
    },
  },
  MODE_MISMATCH: {
    kind: 'person',
    what: 'the payment belongs to the other mode (test or live) than the key',
    next: 'Check which Stripe key is set.',
  },
  SUCCESS_TIME_UNKNOWN: {
    kind: 'person',
    what: 'the payment was created before SYNC_SINCE and Stripe does not say when it succeeded',
    next: `Decide from the Stripe Dashboard whether it was booked already; book it by hand if not, then ${CLOSE}.`,
    owner: {
      what: 'It was created before the first day to book, and Stripe does not say when it succeeded',
      next: 'Decide from the Stripe Dashboard whether it is in the books, and book it by hand if not; then close it here.',
    },
  },
  CONFLICT: {
    kind: 'person',
    what: 'Blnk holds this reference with another amount, currency, precision, customer, source, destination or state',
    next: 'Compare both with `explain`, correct the ledger, then run `quarantine retry`.',
    owner: {
      next: 'Compare the payment in Stripe and in Blnk, correct the ledger, then try again.',
    },
  },
  CHANGED_SINCE_CLOSED: {
    kind: 'person',
    what: 'a person has closed it, and Stripe says something else of it since',
    next: 'Compare both with `explain`; `quarantine retry` with its id decides anew, `quarantine close` closes it again.',
    owner: {
      next: 'Compare it in Stripe and in Blnk. Try again posts it; if it is booked already, close it here.',
    },
  },
  REFERENCE_BURNT: {
    kind: 'person',
    what: 'Blnk has rejected it in queued mode under both references that this program uses',
    next: `Book it by hand under a reference of its own, then ${CLOSE}.`,
    owner: { next: 'Book it by hand under a reference of its own; then close it here.' },
  },
  REFERENCE_PENDING: {
    kind: 'passing',
    what: 'Blnk holds this reference as queued and has not decided it',
    next: 'Nothing: the next syncs look again. If it stays, check that the Blnk workers are running.',
  },
  EXISTS_UNVERIFIED: {
    kind: 'passing',
    what: 'Blnk holds this reference, and the app may not read whether it is the same payment',
    next: 'Install the app again with data:read granted, or compare it in the Blnk dashboard.',
  },
  BLNK_REFUSED: {
    kind: 'passing',
    what: 'Blnk refused this posting while it answered look-ups',
    next: 'Look at the Blnk log for this reference. Every sync tries again, at last once a day.',
    owner: { next: 'Every sync tries again, at last once a day.' },
  },
  BLNK_FAILED: {
    kind: 'passing',
    what: 'Blnk failed on this posting several times while it accepted others, or in two syncs',
    next: 'Nothing: every sync tries again, at last once a day.',
  },
  NOT_APPLIED: {
    kind: 'passing',
    what: 'Blnk answered 201 but the posting is not APPLIED and cannot be found',
    next: 'Nothing: the next syncs look it up again before posting.',
  },
} as const satisfies Record<string, ReasonInfo>;

export type ReasonCode = keyof typeof REASONS;

/** What to do about a movement that is no pay-in. */
export function nextOfMovement({ next }: ReasonInfo): string {
  return next.replace(CLOSE, ACCEPT);
}

export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}

/** Seconds until a passing reason is tried again: 1 minute doubling up to a day. */
export function retryDelaySeconds(attempts: number): number {
  const minute = 60;
  const day = 24 * 60 * minute;
  return Math.min(day, minute * 2 ** Math.min(attempts - 1, 20));
}
