/** One authorisation that is captured in several parts: a row for each, and success at the last. */
import { z } from 'zod';
import { intentNow } from '../account';
import { amount, asDecimal } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import { settle } from '../settlement';
import { deed } from './deed';
import { begin } from './happening';
import { planRevision, planSuccess } from './intent-plans';
import { usualFee } from './pay-ins';

export const capture = deed(
  'captures',
  bookingOptions.extend({
    /** `pi_…`, which requires capture. */
    payment: z.string(),
    amount,
    /** The last one: the payment has succeeded with what was captured. Default false. */
    isFinal: z.boolean().optional(),
  }),
  (account, options) => {
    const intent = intentNow(account, options.payment);
    if (intent?.status !== 'requires_capture' || intent.charge === null) {
      throw new Error(`${options.payment} is not to be captured.`);
    }
    const happening = begin(account, options);
    const given = { amount: BigInt(options.amount), currency: intent.currency };
    const { rate, ...brought } = settle(account.settlement, given, happening.at, options.rate);
    const named = { type: 'charge', category: 'charge', source: intent.charge.id };
    const booking = { ...named, ...brought, exchangeRate: rate, fee: usualFee(brought.amount) };
    const made = happening.book({ ...booking, heldSeconds: 2 * 24 * 60 * 60 }, options);
    const amountReceived = asDecimal(BigInt(intent.amountReceived ?? 0) + given.amount);
    const { at } = happening;
    const change =
      options.isFinal === true
        ? planSuccess(account, intent.id, { at, amountReceived })
        : planRevision(account, { ...intent, amountReceived }, at, null);
    return { happened: happening.done(), changes: [change], made };
  },
);
