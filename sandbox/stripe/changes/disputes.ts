/** How payments are disputed, and what becomes of a dispute: the sum of its rows is what was lost. */
import { z } from 'zod';
import { needObject, type Account } from '../account';
import { amount, asDecimal } from '../amount';
import { bookingOptions, type BookingOptions } from '../objects/balance-transaction';
import { disputeStatuses, type Dispute } from '../objects/dispute';
import { paymentOf } from '../payment';
import { settle } from '../settlement';
import { deed } from './deed';
import { begin, type Happening } from './happening';

const USUAL_FEE = 1500n;

/** A payment may be disputed more than once. Its bank may also only ask, which moves no money. */
export const dispute = deed(
  'disputes',
  bookingOptions.extend({
    payment: z.string(),
    /** In the currency of the payment. Default: all of it. */
    amount: amount.optional(),
    /** Default false. */
    isInquiry: z.boolean().optional(),
    /** Default fraudulent. */
    reason: z.string().optional(),
  }),
  (account, options) => {
    const { chargeId, intentId, amount: paid, currency } = paymentOf(account, options.payment);
    const happening = begin(account, options);
    const isInquiry = options.isInquiry === true;
    const opened: Dispute = {
      ...{ object: 'dispute', id: happening.mint('du_1'), created: happening.at },
      ...{ charge: chargeId, paymentIntent: intentId, currency },
      amount: asDecimal(options.amount ?? paid),
      status: isInquiry ? 'warning_needs_response' : 'needs_response',
      reason: options.reason ?? 'fraudulent',
      balanceTransactions: [],
    };
    const taken = -BigInt(opened.amount);
    const made = isInquiry ? opened : moved(account, happening, opened, taken, USUAL_FEE, options);
    happening.put(made);
    happening.event('charge.dispute.created', made);
    if (!isInquiry) happening.event('charge.dispute.funds_withdrawn', made);
    return { happened: happening.done(), made };
  },
);

/** Won gives the money back, its fee not; lost gives back nothing unless told otherwise. */
export const closeDispute = deed(
  'disputes/close',
  bookingOptions.extend({
    dispute: z.string(),
    status: z.enum(['won', 'lost', 'warning_closed']),
    /** In the currency of the payment. Default: all where it is won, else nothing. */
    returned: amount.optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'dispute', options.dispute);
    const happening = begin(account, options);
    const { status } = options;
    const back = BigInt(options.returned ?? (status === 'won' ? known.amount : 0));
    const closed: Dispute = { ...known, status };
    const made = back === 0n ? closed : moved(account, happening, closed, back, 0n, options);
    happening.put(made);
    if (back > 0n) happening.event('charge.dispute.funds_reinstated', made);
    happening.event('charge.dispute.closed', made);
    return { happened: happening.done(), made };
  },
);

/** Money that moves later, whatever its status: a difference of rates, or a part that is given back. */
export const adjustDispute = deed(
  'disputes/adjust',
  bookingOptions.extend({
    dispute: z.string(),
    /** In the currency of the payment; negative: taken. */
    amount,
    status: z.enum(disputeStatuses).optional(),
  }),
  (account, options) => {
    const known = needObject(account, 'dispute', options.dispute);
    const happening = begin(account, options);
    const changed = { ...known, status: options.status ?? known.status };
    const made = moved(account, happening, changed, BigInt(options.amount), 0n, options);
    happening.put(made);
    happening.event('charge.dispute.updated', made);
    return { happened: happening.done(), made };
  },
);

/** It goes on: evidence was sent, or what was lost is appealed. Moves no money. */
export const updateDispute = deed(
  'disputes/update',
  bookingOptions.pick({ at: true }).extend({
    dispute: z.string(),
    status: z.enum(disputeStatuses),
  }),
  (account, options) => {
    const known = needObject(account, 'dispute', options.dispute);
    const happening = begin(account, options);
    const made = happening.put({ ...known, status: options.status });
    happening.event('charge.dispute.updated', made);
    return { happened: happening.done(), made };
  },
);

/** @throws Error what was never taken does not come back: an inquiry moves no money */
function moved(
  account: Account,
  happening: Happening,
  about: Dispute,
  given: bigint,
  usualFee: bigint,
  options: BookingOptions,
): Dispute {
  const { id: source, currency } = about;
  if (given > 0n && about.balanceTransactions.length === 0) {
    throw new Error(`Nothing was taken for ${source}.`);
  }
  const asked = { amount: given, currency };
  const { rate, ...settled } = settle(account.settlement, asked, happening.at, options.rate);
  const category = given < 0n ? 'dispute' : 'dispute_reversal';
  const word = given < 0n ? 'withdrawal' : 'reversal';
  const description = `Chargeback ${word} for ${about.charge}`;
  const named = { type: 'adjustment', category, source, exchangeRate: rate, description };
  const { id } = happening.book({ ...named, ...settled, fee: usualFee }, options);
  return { ...about, balanceTransactions: [...about.balanceTransactions, id] };
}
