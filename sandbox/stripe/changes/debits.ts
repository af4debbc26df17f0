/** Bank debits that fail after they were begun, and payments that a bank takes back after they succeeded. */
import { z } from 'zod';
import { intentNow } from '../account';
import { amount } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import { paymentOf } from '../payment';
import { settle } from '../settlement';
import { deed } from './deed';
import { begin } from './happening';
import { planRevision } from './intent-plans';

/** What had come at its beginning leaves, and its fee comes back; often there is a fee for the failure. */
export const failDebit = deed(
  'debits/fail',
  bookingOptions.extend({
    /** `pi_…`, which is processing. */
    payment: z.string(),
    /** A row of its own. Default 0. */
    failureFee: amount.optional(),
  }),
  (account, options) => {
    const intent = intentNow(account, options.payment);
    if (intent?.status !== 'processing') throw new Error(`${options.payment} is no open debit.`);
    const happening = begin(account, options);
    const [begun] = intent.charge === null ? [] : account.transactionsOf(intent.charge.id);
    if (begun === undefined) throw new Error(`${options.payment} has brought nothing.`);
    const { currency, amount: brought, fee, source, exchangeRate } = begun.transaction;
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
    const changed = { ...intent, status: 'requires_payment_method' } as const;
    const changes = [planRevision(account, changed, happening.at, 'payment_failed')];
    return { happened: happening.done(), changes, made };
  },
);

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
