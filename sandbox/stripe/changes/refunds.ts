/** How payments are refunded, and how refunds fail: the three ways in which the money comes back. */
import { z } from 'zod';
import { needObject, type Account } from '../account';
import { amount, asDecimal } from '../amount';
import { objectAt } from '../objects/any';
import { bookingOptions } from '../objects/balance-transaction';
import type { Refund } from '../objects/refund';
import { paymentOf } from '../payment';
import { settle } from '../settlement';
import { deed } from './deed';
import { begin, type Happening } from './happening';

const refundOptions = bookingOptions.extend({
  /** `pi_…`, or the charge. */
  payment: z.string(),
  /** In the currency of the payment. Default: all of it. */
  amount: amount.optional(),
  /** It waits, and moves no money yet: for balance, or for the payer. Default: it does not wait. */
  waitsFor: z.enum(['insufficient_funds', 'charge_pending']).optional(),
});

/** A refund, which moves the money at once unless it waits. */
export const refund = deed('refunds', refundOptions, (account, options) => {
  const payment = paymentOf(account, options.payment);
  const happening = begin(account, options);
  const { chargeId, intentId, customer, customerAccount, currency } = payment;
  const waits = options.waitsFor !== undefined;
  const drafted: Refund = {
    ...{ object: 'refund', id: happening.mint('re_3'), created: happening.at },
    ...{ charge: chargeId, paymentIntent: intentId, customer, customerAccount, currency },
    amount: asDecimal(options.amount ?? payment.amount),
    status: waits ? 'pending' : 'succeeded',
    pendingReason: options.waitsFor ?? null,
    ...{ failureReason: null, balanceTransaction: null, failureBalanceTransaction: null },
  };
  const balanceTransaction = waits ? null : bookRefund(account, happening, drafted, options);
  const made = happening.put({ ...drafted, balanceTransaction });
  happening.event('refund.created', made);
  return { happened: happening.done(), made };
});

/** One that waited moves the money. */
export const settleRefund = deed(
  'refunds/settle',
  bookingOptions.extend({ refund: z.string() }),
  (account, options) => {
    const known = needObject(account, 'refund', options.refund);
    if (known.status !== 'pending') throw new Error(`${known.id} is ${known.status} already.`);
    const happening = begin(account, options);
    const balanceTransaction = bookRefund(account, happening, known, options);
    const made = happening.put({
      ...{ ...known, status: 'succeeded', pendingReason: null },
      balanceTransaction,
    });
    happening.event('refund.updated', made);
    return { happened: happening.done(), made };
  },
);

const failOptions = bookingOptions.extend({
  refund: z.string(),
  /** In which type of row the money comes back; an adjustment is that of old failures. */
  as: z.enum(['refund_failure', 'payment_refund', 'adjustment']).optional(),
  /** Default failed. */
  status: z.enum(['failed', 'canceled']).optional(),
});

/** It did not arrive: what had left comes back, in a second row of the same refund. */
export const failRefund = deed('refunds/fail', failOptions, (account, options) => {
  const known = needObject(account, 'refund', options.refund);
  const happening = begin(account, options);
  const { as = 'refund_failure', status = 'failed' } = options;
  const category = as === 'payment_refund' ? 'refund' : 'refund_failure';
  let failed: string | null = null;
  if (known.balanceTransaction !== null) {
    const given = { amount: BigInt(known.amount), currency: known.currency };
    const { rate, ...back } = settle(account.settlement, given, happening.at, options.rate);
    const named = { type: as, category, description: 'REFUND FAILURE' };
    const booking = { ...named, ...back, source: known.id, exchangeRate: rate };
    failed = happening.book(booking, options).id;
  }
  const failureReason = status === 'failed' ? 'expired_or_canceled_card' : null;
  const made = happening.put({
    ...{ ...known, status, failureReason, pendingReason: null },
    failureBalanceTransaction: failed,
  });
  happening.event(status === 'failed' ? 'refund.failed' : 'refund.updated', made);
  return { happened: happening.done(), made };
});

function bookRefund(
  account: Account,
  happening: Happening,
  drafted: Refund,
  options: z.infer<typeof bookingOptions>,
): string {
  const given = { amount: -BigInt(drafted.amount), currency: drafted.currency };
  const { rate, ...gone } = settle(account.settlement, given, happening.at, options.rate);
  const isCard = drafted.charge.startsWith('ch_');
  const type = isCard ? 'refund' : 'payment_refund';
  const named = { type, category: 'refund', description: 'REFUND FOR CHARGE' };
  const booking = { ...named, ...gone, source: drafted.id, exchangeRate: rate };
  return happening.book(booking, options).id;
}

/** Refunded of a charge so far, without what of its authorisation was never captured. */
export function amountRefunded(account: Account, chargeId: string): bigint {
  const now = account.clock.nowSeconds();
  let sum = 0n;
  for (const row of account.objectsOf(chargeId)) {
    const one = objectAt(row, now);
    if (one?.object !== 'refund' || one.status === 'failed' || one.status === 'canceled') continue;
    const moved = one.balanceTransaction && account.transactions.find(one.balanceTransaction);
    if (moved && moved.transaction.reportingCategory === 'partial_capture_reversal') continue;
    sum += BigInt(one.amount);
  }
  return sum;
}
