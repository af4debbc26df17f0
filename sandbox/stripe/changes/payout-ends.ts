/** What becomes of a payout: the bank has it, or it comes back, at once or after it was paid. */
import { z } from 'zod';
import { needObject } from '../account';
import { asDecimal } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import type { Payout } from '../objects/payout';
import { deed } from './deed';
import { begin } from './happening';

const ofPayout = bookingOptions.extend({ payout: z.string() });

/** The bank has it; what is in an automatic one can be asked for unless it is told to wait. */
export const payPayout = deed(
  'payouts/pay',
  ofPayout.pick({ at: true, payout: true }).extend({
    /** Its contents are not complete yet. Default false. */
    isReconciledLater: z.boolean().optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'payout', options.payout);
    const happening = begin(account, options);
    const paid = { ...known, status: 'paid', traceId: `TRACE${known.id.slice(-10)}` } as const;
    const isDone = known.automatic && options.isReconciledLater !== true;
    const made = happening.put(isDone ? { ...paid, reconciliationStatus: 'completed' } : paid);
    happening.event('payout.paid', made);
    if (isDone) happening.event('payout.reconciliation_completed', made);
    return { happened: happening.done(), made };
  },
);

/** From now on its contents are complete. */
export const reconcilePayout = deed(
  'payouts/reconcile',
  ofPayout.pick({ at: true, payout: true }),
  (account, options) => {
    const known = needObject(account, 'payout', options.payout);
    if (!known.automatic) throw new Error(`${known.id} is not automatic.`);
    const happening = begin(account, options);
    const made = happening.put({ ...known, reconciliationStatus: 'completed' });
    happening.event('payout.reconciliation_completed', made);
    return { happened: happening.done(), made };
  },
);

/** It comes back, also after it was paid. */
export const failPayout = deed(
  'payouts/fail',
  ofPayout.extend({
    /** Default failed. */
    status: z.enum(['failed', 'canceled']).optional(),
    /** Default account_closed. */
    failureCode: z.string().optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'payout', options.payout);
    const happening = begin(account, options);
    const { status = 'failed', failureCode = 'account_closed' } = options;
    const { currency, id: source } = known;
    const type = status === 'failed' ? 'payout_failure' : 'payout_cancel';
    const returned = { type, category: 'payout_reversal', amount: BigInt(known.amount) };
    const row = happening.book({ ...returned, currency, source }, options);
    const made = happening.put({
      ...{ ...known, status, failureBalanceTransaction: row.id },
      failureCode: status === 'failed' ? failureCode : null,
    });
    happening.event(`payout.${status}`, made);
    return { happened: happening.done(), made };
  },
);

/** Another payout brings it back: each names the other. */
export const reversePayout = deed('payouts/reverse', ofPayout, (account, options) => {
  const known = needObject(account, 'payout', options.payout);
  const happening = begin(account, options);
  const { currency, method } = known;
  const id = happening.mint('po_1');
  const amount = -BigInt(known.amount);
  const booking = { type: 'payout', category: 'payout', amount: -amount, currency, source: id };
  const row = happening.book(booking, options);
  happening.put({ ...known, reversedBy: id });
  const made: Payout = happening.put({
    ...{ object: 'payout', id, created: happening.at, currency, method, automatic: false },
    ...{ amount: asDecimal(amount), status: 'paid', arrivalDate: happening.at },
    ...{ balanceTransaction: row.id, failureBalanceTransaction: null, failureCode: null },
    ...{ reconciliationStatus: 'not_applicable', originalPayout: known.id, reversedBy: null },
    ...{ traceId: null, contents: [] },
  });
  happening.event('payout.created', made);
  return { happened: happening.done(), made };
});
