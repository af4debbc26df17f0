/** Times, amounts and codes as the portal's pages show them. */
import { errorInfo, isErrorCode, type ErrorCode } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { isReasonCode, REASONS, type ReasonCode } from '../domain/reasons';
import type { SyncStatus, Trigger } from '../domain/sync';
import { html, type Html } from './html';

/** To the minute; the script adds how long ago that is. */
export function timeOf(time: Date | string): Html {
  const iso = typeof time === 'string' ? time : time.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** To the second, for what is about to happen. */
export function secondOf(time: Date): Html {
  const iso = time.toISOString();
  return html`<time datetime="${iso}" data-seconds>${iso.slice(11, 19)} UTC</time>`;
}

/** "1,234.56 USD" in a form that stays on one line. */
export function money(minor: bigint, currency: string): Html {
  return html`<span class="money">${formatAmount(minor, currency)} ${currency}</span>`;
}

export function took(startedAt: string, completedAt: string | null): string {
  if (completedAt === null) return '';
  const seconds = (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

export const STATUS: Readonly<Record<SyncStatus, { readonly text: string; readonly tone: Tone }>> =
  {
    running: { text: 'Running', tone: 'busy' },
    completed: { text: 'Completed', tone: 'good' },
    completed_with_problems: { text: 'With pay-ins set aside', tone: 'warn' },
    failed: { text: 'Failed', tone: 'bad' },
    cancelled: { text: 'Cancelled', tone: 'quiet' },
    skipped: { text: 'Skipped', tone: 'quiet' },
  };

export function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}

export const TRIGGER: Readonly<Record<Trigger, string>> = {
  schedule: 'Schedule',
  cli: 'Command',
  start: 'Start',
  portal: 'This portal',
};

/** What to do in the portal, where the table's text speaks to whoever runs the program. */
const NEXT: Partial<Record<ErrorCode, string>> = {
  STRIPE_KEY_REJECTED: 'Connect a valid restricted key on the page Stripe.',
  STRIPE_PERMISSION_MISSING:
    'Grant the permission (read) to the key in the Stripe Dashboard, or connect another key.',
  STRIPE_NOT_CONNECTED: 'Connect a Stripe account on the page Stripe.',
  STRIPE_UNAVAILABLE: 'Nothing was changed. Try again in a moment.',
  BLNK_KEY_REJECTED: 'Install the app again from the Blnk dashboard.',
  BLNK_PERMISSION_MISSING: 'Install the app again with the right granted.',
  SOURCE_CHANGED:
    'Connect the key of the former account, or confirm the change on the page Stripe.',
  SYNC_SINCE_REQUIRED: 'Choose from which day on pay-ins are booked.',
  SYNC_ALREADY_RUNNING: 'Wait until the sync that runs has ended.',
  NOT_FOUND: 'Go back and choose from the list.',
  INSTANCE_FROM_ENVIRONMENT: 'Whoever runs this program changes it in its settings.',
  INSTANCE_FROZEN: 'It stays as it is: changing it would book pay-ins twice.',
  TEMPORAL_UNAVAILABLE: 'Try again in a moment. What was synced is safe.',
  STORE_UNAVAILABLE: 'Try again in a moment. What was synced is safe.',
  TIMED_OUT: 'Try again in a moment. What was synced is safe.',
};

export interface Told {
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

/** Settings, commands and their options: words of whoever runs the program, not of an owner. */
const NOT_OWNERS = /[A-Z]{2,}_[A-Z]|`|npm |--/;

const OPERATORS_TURN = 'Tell whoever runs this program this code; what was synced is safe.';

const WHAT: Partial<Record<ErrorCode, string>> = {
  SYNC_SINCE_REQUIRED: 'The first day to book was not chosen',
};

export function tellError(code: ErrorCode): Told {
  const { what, next } = errorInfo(code);
  const own =
    WHAT[code] ?? (NOT_OWNERS.test(what) ? 'The settings of this program do not fit' : what);
  const isOperators = NOT_OWNERS.test(next) || !isErrorCode(code);
  return { code, what: own, next: NEXT[code] ?? (isOperators ? OPERATORS_TURN : next) };
}

/** @param message the error with its details, as a report has it */
export function tellFailure(code: ErrorCode, message: string): Told {
  const told = tellError(code);
  const end = message.indexOf(`. ${errorInfo(code).next}`);
  const detailed = message.slice(0, Math.max(end, 0));
  return { ...told, what: detailed === '' || NOT_OWNERS.test(detailed) ? told.what : detailed };
}

/** Of a code that may come from anywhere, as from the address of a page. */
export function tellCode(code: string | undefined): Told | undefined {
  return code !== undefined && isErrorCode(code) ? tellError(code) : undefined;
}

/** Without the names of fields and settings. */
const WHAT_OF_REASON: Partial<Record<ReasonCode, string>> = {
  AMOUNT_MISSING: 'Stripe gave no amount for a payment that succeeded',
  AMOUNT_ZERO: 'Nothing was received, so there is nothing to book',
  AMOUNT_NOT_POSITIVE: 'The amount received is negative',
  AMOUNT_UNSAFE: 'The amount is too large to be sent exactly',
  CURRENCY_UNKNOWN: 'The currency is not known to this app, and so its decimals are not',
  SUCCESS_TIME_UNKNOWN:
    'It was created before the first day to book, and Stripe does not say when it succeeded',
};

const THEN_CLOSED = 'then close it here.';

const NEXT_OF_REASON: Partial<Record<ReasonCode, string>> = {
  OBJECT_UNREADABLE: 'Look its id up in the Stripe Dashboard; book a payment behind it by hand.',
  FIELDS_MALFORMED: 'Compare the payment in the Stripe Dashboard, then try again.',
  CURRENCY_UNKNOWN: 'It needs a version of this app that knows the currency.',
  CONFLICT: 'Compare the payment in Stripe and in Blnk, correct the ledger, then try again.',
  BLNK_REFUSED: 'Every sync tries again, at last once a day.',
  AMOUNT_MISSING: `Look at the payment in the Stripe Dashboard and book it by hand if it is real; ${THEN_CLOSED}`,
  AMOUNT_NOT_POSITIVE: `Look at the payment in the Stripe Dashboard; ${THEN_CLOSED}`,
  AMOUNT_UNSAFE: `Book it by hand, since sending it could change its amount; ${THEN_CLOSED}`,
  PAYER_MALFORMED: `Look at the customer in the Stripe Dashboard and book it by hand; ${THEN_CLOSED}`,
  SUCCESS_TIME_UNKNOWN: `Decide from the Stripe Dashboard whether it is in the books, and book it by hand if not; ${THEN_CLOSED}`,
  REFERENCE_BURNT: `Book it by hand under a reference of its own; ${THEN_CLOSED}`,
  CHANGED_SINCE_CLOSED: `Compare it in Stripe and in Blnk. Try again posts it; if it is booked already, close it here.`,
};

/** A database may hold a reason of another version. */
export function tellReason(reason: string): Told & { readonly passing: boolean } {
  if (!isReasonCode(reason)) {
    const next = 'Update the app.';
    return { code: reason, what: 'A reason of another version', next, passing: false };
  }
  const { what, next, kind } = REASONS[reason];
  return {
    code: reason,
    what: WHAT_OF_REASON[reason] ?? what.charAt(0).toUpperCase() + what.slice(1),
    next: NEXT_OF_REASON[reason] ?? (NOT_OWNERS.test(next) ? OPERATORS_TURN : next),
    passing: kind === 'passing',
  };
}
