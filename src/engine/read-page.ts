/** One answer of Stripe for a window, and whether it came too late to be whole. */
import { SyncError } from '../domain/errors';
import { TAIL_SPAN, WATERMARK_LIFETIME, type WindowPlan } from '../domain/window';
import type { StripePage, StripeReader } from '../stripe/client';

/**
 * @param cursor null: the window's first page
 * @throws SyncError STRIPE_*; NOT_FOUND for a payment that Stripe does not know
 */
export async function readPage(
  stripe: StripeReader,
  window: WindowPlan,
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  switch (window.feed) {
    case 'payment_intents':
      return stripe.listPayIns(window, cursor, signal);
    case 'charges':
      return stripe.listCharges(window, cursor, signal);
    case 'events':
      return stripe.listSuccesses(window.from, cursor, signal, window.to);
    case 'payment_intent': {
      const id = window.paymentIntentId ?? '';
      const read = await stripe.readPayIn(id, signal, window.withCharge);
      if (!read) throw new SyncError('NOT_FOUND', { payment_intent: id });
      const { payIn, answeredAt } = read;
      return {
        payIns: payIn ? [payIn] : [],
        nextCursor: null,
        answeredAt,
        span: null,
        newest: null,
      };
    }
    case 'backlog':
      throw new Error('the backlog is not read from Stripe');
  }
}

/** A tail that starts too long ago, or took so long that its oldest events may have gone meanwhile. */
export function isExpired(window: WindowPlan, cursor: string | null, answer: StripePage): boolean {
  // What was read before, and is read again, may be gone.
  const from = window.unreadFrom ?? window.from;
  if (window.feed !== 'events' || window.to !== null || from === null) return false;
  const age = answer.answeredAt - from;
  // An earlier answer came with a time in the future: events may lie below where this tail starts.
  if (age < 0) return true;
  if (cursor === null && age > WATERMARK_LIFETIME) return true;
  return answer.nextCursor === null && age > TAIL_SPAN;
}
