/** Any row and any move of the balance, also of types that nobody knows, and each without the other. */
import { z } from 'zod';
import { amount } from '../amount';
import { PAYMENTS } from '../balance';
import { bookingOptions, netOf } from '../objects/balance-transaction';
import { deed } from './deed';
import { begin } from './happening';

export const adjustment = deed(
  'adjustments',
  bookingOptions.extend({
    amount,
    /** Default usd. */
    currency: z.string().optional(),
  }),
  (account, { currency = 'usd', ...options }) => {
    const happening = begin(account, options);
    const named = { type: 'adjustment', category: 'other_adjustment', source: null };
    const made = happening.book({ ...named, amount: BigInt(options.amount), currency }, options);
    return { happened: happening.done(), made };
  },
);

/** A row as it is described, whatever its words. */
export const row = deed(
  'balance_transactions',
  bookingOptions.extend({
    type: z.string(),
    /** Default: the type. */
    category: z.string().optional(),
    amount,
    /** Default usd. */
    currency: z.string().optional(),
    /** Default payments. */
    balanceType: z.string().optional(),
    /** An id, also of nothing that is there. Default null. */
    source: z.string().nullable().optional(),
    /** Lists show it, and the balance does not move. Default false. */
    unmoved: z.boolean().optional(),
  }),
  (account, { type, currency = 'usd', balanceType = PAYMENTS, source = null, ...options }) => {
    const happening = begin(account, options);
    const named = { type, category: options.category ?? type, currency, balanceType, source };
    const made = happening.book({ ...named, amount: BigInt(options.amount) }, options);
    if (options.unmoved === true) {
      const { created, availableOn: availableAt } = made;
      const undone = { at: created, availableAt, part: balanceType, currency };
      happening.move({ ...undone, amount: -netOf(made) });
    }
    return { happened: happening.done(), made };
  },
);
