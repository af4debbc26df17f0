/** What Stripe charges apart from payments: a row without a source, told apart by its words. */
import { z } from 'zod';
import { amount } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import { deed } from './deed';
import { begin } from './happening';

const KINDS = {
  fee: { type: 'stripe_fee', category: 'fee', description: 'Radar for Fraud Teams' },
  fx: { type: 'stripe_fx_fee', category: 'fee', description: 'Currency conversion fee' },
  tax: { type: 'tax_fee', category: 'tax', description: 'Sales tax' },
  network: { type: 'stripe_fee', category: 'network_cost', description: 'Network costs' },
} as const;

const kinds = ['fee', 'fx', 'tax', 'network'] as const;

export const chargeFee = deed(
  'fees',
  bookingOptions.omit({ fee: true, feeDetails: true }).extend({
    /** Default fee. */
    kind: z.enum(kinds).optional(),
    /** Positive: charged; negative: given back. */
    amount,
    /** Default usd. */
    currency: z.string().optional(),
  }),
  (account, { kind = 'fee', currency = 'usd', ...options }) => {
    const happening = begin(account, options);
    const { description, ...named } = KINDS[kind];
    const booking = { ...named, amount: -BigInt(options.amount), currency, source: null };
    const made = happening.book(booking, {
      ...options,
      description: options.description ?? description,
    });
    return { happened: happening.done(), made };
  },
);
