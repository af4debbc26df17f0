/** Why a run has not read the rows of Stripe's balance to their end: then nothing is proven by it. */
import { errorInfo, isErrorCode, type SyncError } from '../errors';
import { ROWS_NOT_READ } from '../notes';

export interface UnreadRows {
  /** What Stripe has failed with; null: it is not known. */
  readonly code: string | null;
  /** The right that the key lacks, by Stripe's name; null: it is not for want of one. */
  readonly right: string | null;
}

/** That opens the list of rows: where Stripe refuses it and names no right. */
const OF_THE_LIST = 'rak_balance_transaction_source_read';

export function unreadFor({ code, details }: Pick<SyncError, 'code' | 'details'>): UnreadRows {
  if (code !== 'STRIPE_PERMISSION_MISSING') return { code, right: null };
  const named = details['permission'];
  const isNamed = typeof named === 'string' && /^rak_\w+$/.test(named);
  return { code, right: isNamed ? named : OF_THE_LIST };
}

export function noteOfUnread({ code, right }: UnreadRows): string {
  return [ROWS_NOT_READ, code, right].filter((word) => word !== null).join(' ');
}

/** @returns null: none of them says so */
export function unreadOfNotes(notes: readonly string[]): UnreadRows | null {
  const words = notes.map((note) => note.split(' ')).find(([name]) => name === ROWS_NOT_READ);
  return words ? { code: words[1] ?? null, right: words[2] ?? null } : null;
}

/** In the middle of a sentence, to whoever has the command line. */
export function unreadText({ code, right }: UnreadRows): string {
  if (right !== null) {
    return `what has moved Stripe’s balance was not read: the key lacks ${right}; grant it (read) in the Stripe Dashboard, and the next syncs read on and prove it by themselves`;
  }
  return `what has moved Stripe’s balance was not read to the end${causeText(code)}; the next sync reads on, and docs/errors.md says what to do if it stays so`;
}

function causeText(code: string | null): string {
  if (code === null) return '';
  return isErrorCode(code) ? ` (${code}: ${errorInfo(code).what})` : ` (${code})`;
}
