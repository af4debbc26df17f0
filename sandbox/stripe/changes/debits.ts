/** Bank debits that fail after they were begun, and payments that a bank takes back after they succeeded. */
import { z } from 'zod';
import { intentNow, type Account } from '../account';
import { amount } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import { paymentOf } from '../payment';
import { settle } from '../settlement';
import type { Charged } from './charges';
import { deed } from './deed';
import { begin } from './happening';
import { planRevision } from './intent-plans';

/** What had come at its beginning leaves, and its fee comes back; often there is a fee for the failure. */
export const failDebit = deed(
  'debits/fail',
  bookingOptions.extend({
    /** `pi_…` that is processing, or a charge alone that is pending. */
    payment: z.string(),
    /** A row of its own. Default 0. */
    failureFee: amount.optional(),
  }),
  (account, options) => {
    const happening = begin(account, options);
    const { change, begun } = endOf(account, options.payment, happening.at);
    const { currency, amount: brought, fee, source, exchangeRate } = begun;
    const back = { amount: -BigInt(brought), fee: -BigInt(fee), currency, source, exchangeRate };
    const made = happening.book(
      { type: 'payment_failure_refund', category: 'charge_failure', ...back },
      options,
    );
    if (options.failureFee !== undefined) {
      const charged = { amount: -BigInt(options.failureFee), currency, source: null };
      const { lagSeconds, afterSeconds } = options;
      const described = { lagSeconds, afterSeconds, description: 'Failed payment fee' };
      happening.book({ type: 'stripe_fee', category: 'fee', ...charged }, described);
    }
    return { happened: happening.done(), changes: [change], made };
  },
);

/** A charge alone that was pending has succeeded, which moves no money. */
export const finishCharge = deed(
  'charges/finish',
  bookingOptions.pick({ at: true }).extend({ charge: z.string() }),
  (account, options) => {
    const { charge, begun } = pendingCharge(account, options.charge);
    const change: Charged = { kind: 'charged', charge: { ...charge, status: 'succeeded' } };
    return { happened: begin(account, options).done(), changes: [change], made: begun };
  },
);

/** What ends it, and the row in which its money came. */
function endOf(account: Account, payment: string, at: number) {
  const intent = intentNow(account, payment);
  if (intent === undefined) {
    const { charge, begun } = pendingCharge(account, payment);
    const change: Charged = { kind: 'charged', charge: { ...charge, status: 'failed' } };
    return { change, begun };
  }
  if (intent.status !== 'processing') throw new Error(`${payment} is no open debit.`);
  const [begun] = intent.charge === null ? [] : account.transactionsOf(intent.charge.id);
  if (begun === undefined) throw new Error(`${payment} has brought nothing.`);
  const changed = { ...intent, status: 'requires_payment_method' } as const;
  const change = planRevision(account, changed, at, 'payment_failed');
  return { change, begun: begun.transaction };
}

function pendingCharge(account: Account, id: string) {
  const charge = account.charges.stored.find(id)?.charge;
  const [begun] = account.transactionsOf(id);
  if (charge?.status !== 'pending' || begun === undefined) {
    throw new Error(`${id} is no pending charge that has brought money.`);
  }
  return { charge, begun: begun.transaction };
}

/** A bank takes a payment back after all; the intent stays as it is. */
export const reversePayment = deed(
  'payments/reverse',
  bookingOptions.extend({
    payment: z.string(),
    /** In the currency of the payment. Default: all of it. */
    amount: amount.optional(),
  }),
  (account, options) => {
    const payment = paymentOf(account, options.payment);
    const happening = begin(account, options);
    const given = { amount: -BigInt(options.amount ?? payment.amount), currency: payment.currency };
    const { rate, ...gone } = settle(account.settlement, given, happening.at, options.rate);
    const named = { type: 'payment_reversal', category: 'payment_reversal' };
    const made = happening.book(
      { ...named, ...gone, source: payment.chargeId, exchangeRate: rate },
      options,
    );
    return { happened: happening.done(), made };
  },
);
