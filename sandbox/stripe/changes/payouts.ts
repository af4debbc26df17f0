/** How money leaves for the bank, by hand or automatically: then the payout is the sum of what is in it. */
import { z } from 'zod';
import type { Account } from '../account';
import { amount, asDecimal } from '../amount';
import { PAYMENTS } from '../balance';
import { bookingOptions, isListed, netOf } from '../objects/balance-transaction';
import type { Payout } from '../objects/payout';
import { deed } from './deed';
import { begin, type Happening } from './happening';

const DAY = 24 * 60 * 60;

const payoutOptions = bookingOptions.extend({
  /** Default usd. */
  currency: z.string().optional(),
  /**
   * Default: what is available. An automatic one is always the sum of its contents, and negative where
   * that is: the bank is debited.
   */
  amount: amount.optional(),
  /** Default false. */
  automatic: z.boolean().optional(),
  /** Default standard. */
  method: z.enum(['standard', 'instant']).optional(),
  /** Default: two days later, an instant one at once. */
  arrivalDate: z.int().optional(),
  /** Kept back and given free again, as two rows. */
  minimumBalance: amount.optional(),
  /** Of an instant one above what is available: advanced and funded, as two rows. */
  advance: amount.optional(),
});

/** A payout that is on its way. */
export const payout = deed('payouts', payoutOptions, (account, options) => {
  const { currency = 'usd', automatic = false, method = 'standard', ...booking } = options;
  const happening = begin(account, options);
  const pairs = bookPairs(happening, currency, options);
  const held = automatic ? unpaid(account, currency, happening.at) : [];
  const sum = held.reduce((total, { net }) => total + net, 0n);
  const free = account.balance.at(PAYMENTS, happening.at).available.get(currency) ?? 0n;
  const paid = automatic ? sum : BigInt(options.amount ?? free);
  if (paid === 0n && !automatic) throw new Error(`There is nothing in ${currency} to pay out.`);
  const id = happening.mint('po_1');
  const own = happening.book(
    {
      type: 'payout',
      category: 'payout',
      amount: -paid,
      currency,
      source: id,
      description: 'STRIPE PAYOUT',
    },
    booking,
  );
  const made: Payout = happening.put({
    ...{ object: 'payout', id, created: happening.at, currency, automatic, method },
    amount: asDecimal(paid),
    status: 'in_transit',
    arrivalDate: options.arrivalDate ?? happening.at + (method === 'instant' ? 0 : 2 * DAY),
    balanceTransaction: own.id,
    ...{ failureBalanceTransaction: null, failureCode: null, traceId: null },
    reconciliationStatus: automatic ? 'in_progress' : 'not_applicable',
    ...{ originalPayout: null, reversedBy: null },
    contents: automatic ? [...held.map((row) => row.id), ...pairs, own.id] : [],
  });
  happening.event('payout.created', made);
  return { happened: happening.done(), made };
});

/** @returns the rows that belong to the payout; an advance may be paid back in another one */
function bookPairs(
  happening: Happening,
  currency: string,
  { minimumBalance = 0, advance = 0 }: z.infer<typeof payoutOptions>,
): string[] {
  const book = (type: string, category: string, given: bigint) =>
    happening.book({ type, category, amount: given, currency, source: null }).id;
  const kept = BigInt(minimumBalance);
  const advanced = BigInt(advance);
  if (advanced !== 0n) {
    book('advance', 'advance', advanced);
    book('advance_funding', 'advance_funding', -advanced);
  }
  if (kept === 0n) return [];
  return [
    book('payout_minimum_balance_hold', 'payout_minimum_balance', -kept),
    book('payout_minimum_balance_release', 'payout_minimum_balance', kept),
  ];
}

/** What is available and in no payout yet. */
function unpaid(account: Account, currency: string, now: number) {
  const paid = new Set<string>();
  for (const { versions } of account.objects.stored.rows()) {
    const object = versions.at(-1)?.object;
    if (object?.object === 'payout') for (const id of object.contents) paid.add(id);
  }
  return account.transactions.stored.rows().flatMap((row) => {
    const { transaction } = row;
    const { id, availableOn, balanceType } = transaction;
    const isOpen = transaction.currency === currency && !paid.has(id) && isListed(row, now);
    const isHere = balanceType === PAYMENTS && availableOn <= now;
    return isOpen && isHere ? [{ id, net: netOf(transaction) }] : [];
  });
}
