/** A posting on Blnk's wire, and what Blnk's answer to it means. Same for Cloud and Core. */
import type { PostOutcome } from '../domain/ledger';
import type { Posting } from '../domain/posting';
import { SyncError } from '../domain/errors';
import type { BlnkAnswer } from './http';
import { momentOf, parseAnswer, postedTransaction } from './schema';

export function toWire(posting: Posting): Record<string, unknown> {
  return {
    // `judge` has checked that it is a safe integer: JSON carries it exactly.
    precise_amount: Number(posting.amount),
    precision: posting.precision,
    currency: posting.currency,
    reference: posting.reference,
    source: posting.source,
    destination: posting.destination,
    description: posting.description,
    effective_date: posting.effectiveDate,
    meta_data: posting.metadata,
    // Without these two Blnk answers 201 and then rejects the posting, or loses it in a crash.
    allow_overdraft: true,
    skip_queue: true,
  };
}

export function outcomeOf(answer: BlnkAnswer): PostOutcome {
  // Core before 0.15 gives no code; with one, only this means that the reference is taken.
  if (answer.status === 409 && ['', 'TXN_DUPLICATE_REFERENCE'].includes(answer.code)) {
    return { kind: 'duplicate' };
  }
  if (answer.status >= 400) return { kind: 'refused' };
  const { transaction_id, status, created_at } = parseAnswer(postedTransaction, answer.body);
  // 202 and its like promise something; a proxy may put the body of another time below it.
  const isDone = answer.status === 200 || answer.status === 201;
  if (!isDone || status !== 'APPLIED') return { kind: 'not_applied' };
  return { kind: 'applied', transactionId: transaction_id, bookedAt: momentOf(created_at) };
}

/**
 * A look-up is the same for every page: refused once means refused always (a wrong path or instance).
 * @throws SyncError BLNK_REFUSED, not to be retried
 */
export function assertRead(answer: BlnkAnswer): void {
  if (answer.status === 200) return;
  throw new SyncError('BLNK_REFUSED', { status: answer.status }, { retryable: false });
}

/** An empty posting: invalid, so nothing is stored, but the right to post is checked first. */
export const EMPTY_POSTING = {};

/** @throws SyncError BLNK_BAD_ANSWER if the empty posting was not refused as invalid */
export function assertRefused(answer: BlnkAnswer): void {
  if (answer.status === 400 || answer.status === 422) return;
  throw new SyncError('BLNK_BAD_ANSWER', { status: answer.status });
}
