/** Money to connected accounts, and back. */
import { z } from 'zod';
import { needObject } from '../account';
import { amount, asDecimal } from '../amount';
import { bookingOptions } from '../objects/balance-transaction';
import type { Transfer, TransferReversal } from '../objects/transfer';
import { deed } from './deed';
import { begin } from './happening';

export const transfer = deed(
  'transfers',
  bookingOptions.extend({
    amount,
    /** Default usd. */
    currency: z.string().optional(),
    destination: z.string().nullable().optional(),
    /** The charge that it is of. */
    sourceTransaction: z.string().optional(),
  }),
  (account, options) => {
    const { currency = 'usd', destination = 'acct_1SandboxConnected1' } = options;
    const happening = begin(account, options);
    const id = happening.mint('tr_3');
    const given = -BigInt(options.amount);
    const booking = { type: 'transfer', category: 'transfer', amount: given, currency, source: id };
    const made: Transfer = happening.put({
      ...{ object: 'transfer', id, created: happening.at, amount: asDecimal(options.amount) },
      ...{ amountReversed: '0', currency, destination },
      sourceTransaction: options.sourceTransaction ?? null,
      balanceTransaction: happening.book(booking, options).id,
    });
    happening.event('transfer.created', made);
    return { happened: happening.done(), made };
  },
);

export const reverseTransfer = deed(
  'transfers/reverse',
  bookingOptions.extend({
    transfer: z.string(),
    /** Default: all that is left of it. */
    amount: amount.optional(),
    /** Default transfer_refund. */
    as: z.enum(['transfer_refund', 'transfer_cancel', 'transfer_failure']).optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'transfer', options.transfer);
    const happening = begin(account, options);
    const { currency } = known;
    const left = BigInt(known.amount) - BigInt(known.amountReversed);
    const back = BigInt(options.amount ?? left);
    if (back > left) throw new Error(`Only ${left} of ${known.id} is left.`);
    const id = happening.mint('trr_1');
    const type = options.as ?? 'transfer_refund';
    const booking = { type, category: 'transfer_reversal', amount: back, currency, source: id };
    const made: TransferReversal = happening.put({
      ...{ object: 'transfer_reversal', id, created: happening.at, amount: asDecimal(back) },
      ...{ currency, transfer: known.id },
      balanceTransaction: happening.book(booking, options).id,
    });
    const amountReversed = asDecimal(BigInt(known.amountReversed) + back);
    happening.event('transfer.reversed', happening.put({ ...known, amountReversed }));
    return { happened: happening.done(), made };
  },
);
