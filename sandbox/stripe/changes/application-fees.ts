/** What a platform earns of its connected accounts' charges, and gives back. */
import { z } from 'zod';
import { needObject } from '../account';
import { amount, asDecimal } from '../amount';
import type { ApplicationFee, FeeRefund } from '../objects/application-fee';
import { bookingOptions } from '../objects/balance-transaction';
import { deed } from './deed';
import { begin } from './happening';

export const applicationFee = deed(
  'application_fees',
  bookingOptions.extend({
    amount,
    /** Default usd. */
    currency: z.string().optional(),
    account: z.string().optional(),
    charge: z.string().optional(),
  }),
  (account, options) => {
    const { currency = 'usd' } = options;
    const happening = begin(account, options);
    const id = happening.mint('fee_1');
    const earned = { type: 'application_fee', category: 'platform_earning', source: id };
    const booking = { ...earned, amount: BigInt(options.amount), currency };
    const made: ApplicationFee = happening.put({
      ...{ object: 'application_fee', id, created: happening.at, currency },
      ...{ amount: asDecimal(options.amount), amountRefunded: '0' },
      account: options.account ?? 'acct_1SandboxConnected1',
      charge: options.charge ?? happening.mint('ch_3'),
      balanceTransaction: happening.book(booking, options).id,
    });
    happening.event('application_fee.created', made);
    return { happened: happening.done(), made };
  },
);

export const refundApplicationFee = deed(
  'application_fees/refund',
  bookingOptions.extend({
    applicationFee: z.string(),
    /** Default: all that is left of it. */
    amount: amount.optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'application_fee', options.applicationFee);
    const happening = begin(account, options);
    const { currency } = known;
    const left = BigInt(known.amount) - BigInt(known.amountRefunded);
    const back = BigInt(options.amount ?? left);
    if (back > left) throw new Error(`Only ${left} of ${known.id} is left.`);
    const id = happening.mint('fr_1');
    const given = {
      type: 'application_fee_refund',
      category: 'platform_earning_refund',
      source: id,
    };
    const made: FeeRefund = happening.put({
      ...{ object: 'fee_refund', id, created: happening.at, amount: asDecimal(back), currency },
      fee: known.id,
      balanceTransaction: happening.book({ ...given, amount: -back, currency }, options).id,
    });
    const amountRefunded = asDecimal(BigInt(known.amountRefunded) + back);
    const refunded = happening.put({ ...known, amountRefunded });
    happening.event('application_fee.refunded', refunded);
    return { happened: happening.done(), made };
  },
);
