/** What the verbs of `quarantine` work on, and who has decided it: options that they share. */
import { userInfo } from 'node:os';
import { SyncError } from '../domain/errors';
import { REASONS } from '../domain/reasons';
import type { Choice, ClosingNote } from '../store/set-aside';
import { isPaymentIntentId, paymentIntentId } from './sync';

export interface ChoiceOptions {
  readonly of?: string;
  readonly all?: boolean;
}

export interface NoteOptions {
  readonly reason?: string;
  readonly by?: string;
}

/** Without an argument all of them. @throws SyncError USAGE */
export function choiceOf(payment: string | undefined, { of, all }: ChoiceOptions): Choice {
  if ([payment, of, all].filter((given) => given !== undefined).length > 1) {
    throw new SyncError('USAGE', { quarantine: 'takes a payment, --of or --all, one of them' });
  }
  if (payment !== undefined) return { kind: 'one', id: movementId(payment) };
  if (of === undefined) return { kind: 'all' };
  const reason = of.toUpperCase();
  if (Object.hasOwn(REASONS, reason) || reason === 'UNKNOWN')
    return { kind: 'reason', reason: reason === 'UNKNOWN' ? 'unknown' : reason };
  throw new SyncError('USAGE', { '--of': 'must be a reason as `quarantine list` shows it' });
}

/**
 * What cannot be taken back is never done to all of them by leaving something out, and only to pay-ins: without one
 * of its legs a movement would be a difference for ever.
 */
export function namedChoice(payment: string | undefined, options: ChoiceOptions): Choice {
  if (payment !== undefined) paymentIntentId(payment);
  if (payment !== undefined || options.of !== undefined || options.all === true)
    return choiceOf(payment, options);
  throw new SyncError('USAGE', { payment: 'is missing; or --of with a reason, or --all' });
}

/** These verbs work on pay-ins; movements have an option of their own. */
export const NO_PAY_IN = 'No pay-in is set aside (movements: `quarantine list --movements`).';

/** A leg of a payment (`pi_….fx1`) is a movement. */
export function nounOf(choice: Choice): 'pay-in' | 'movement' {
  return choice.kind === 'one' && !isPaymentIntentId(choice.id) ? 'movement' : 'pay-in';
}

export function noneOf(choice: Choice): string {
  return choice.kind === 'reason' ? 'No pay-in is set aside for that reason.' : NO_PAY_IN;
}

/** @throws SyncError USAGE */
export function noteOf({ reason, by }: NoteOptions, option = '--reason'): ClosingNote {
  return {
    note: textOf(option, reason ?? ''),
    by: personOf(by),
  };
}

/** Who has decided it: as given, else the user of this machine. @throws SyncError USAGE */
export function personOf(by: string | undefined): string {
  return textOf('--by', by ?? nameOfUser());
}

const LONGEST = 500;

/** @throws SyncError USAGE; Postgres takes no NUL, and a terminal should get no control characters */
function textOf(option: string, given: string): string {
  const text = given.trim();
  if (text === '') throw new SyncError('USAGE', { [option]: 'is missing' });
  if (text.length > LONGEST || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new SyncError('USAGE', { [option]: `must be one line of at most ${LONGEST} characters` });
  }
  return text;
}

/** A container's user often has a number and no name. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** A payment, or the reference of a leg as `quarantine list --movements` shows it. @throws SyncError USAGE */
function movementId(text: string): string {
  if (/^(pi|txn|ch|py|opening)[._]\w[\w.-]{0,250}$/.test(text)) return text;
  throw new SyncError('USAGE', {
    payment: 'must be a PaymentIntent id like pi_3Abc…, or the reference of a movement',
  });
}
