/** Money of the account's own that comes in, and goes back. */
import { z } from 'zod';
import { needObject } from '../account';
import { amount, asDecimal } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import type { Topup } from '../objects/topup';
import { deed } from './deed';
import { begin } from './happening';

export const topup = deed(
  'topups',
  bookingOptions.extend({
    amount,
    /** Default usd. */
    currency: z.string().optional(),
  }),
  (account, options) => {
    const { currency = 'usd' } = options;
    const happening = begin(account, options);
    const id = happening.mint('tu_1');
    const given = BigInt(options.amount);
    const booking = { type: 'topup', category: 'topup', amount: given, currency, source: id };
    const made: Topup = happening.put({
      ...{ object: 'topup', id, created: happening.at, amount: asDecimal(given), currency },
      ...{ status: 'succeeded', balanceTransaction: happening.book(booking, options).id },
    });
    happening.event('topup.created', made);
    happening.event('topup.succeeded', made);
    return { happened: happening.done(), made };
  },
);

export const reverseTopup = deed(
  'topups/reverse',
  bookingOptions.extend({ topup: z.string() }),
  (account, options) => {
    const known = needObject(account, 'topup', options.topup);
    if (known.status !== 'succeeded') throw new Error(`${known.id} is ${known.status} already.`);
    const happening = begin(account, options);
    const { currency, id: source } = known;
    const back = { type: 'topup_reversal', category: 'topup_reversal', source };
    happening.book({ ...back, amount: -BigInt(known.amount), currency }, options);
    const made = happening.put({ ...known, status: 'reversed' });
    happening.event('topup.reversed', made);
    return { happened: happening.done(), made };
  },
);
