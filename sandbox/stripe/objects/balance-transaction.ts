/**
 * A balance transaction of the Stripe stand-in: one row of the list that tells how the balance came about.
 * The balance itself is kept apart from the rows (balance.ts), so that a row which is missing shows.
 */
import { z } from 'zod';
import { amount, decimal, seconds } from '../amount';
import type { Row } from '../feed';

const feeDetailSchema = z.strictObject({
  type: z.string(),
  amount: decimal,
  currency: z.string(),
  description: z.string().nullable(),
});

export const transactionSchema = z.strictObject({
  id: z.string(),
  created: seconds,
  availableOn: seconds,
  type: z.string(),
  reportingCategory: z.string(),
  balanceType: z.string(),
  /** With its sign: minus where money leaves. */
  amount: decimal,
  fee: decimal,
  currency: z.string(),
  feeDetails: z.array(feeDetailSchema),
  description: z.string().nullable(),
  /** Of the smallest units; null: nothing was converted. */
  exchangeRate: z.string().nullable(),
  source: z.string().nullable(),
  /** Since when lists show it; null: none ever does. */
  visibleAt: seconds.nullable(),
});

export type BalanceTransaction = z.infer<typeof transactionSchema>;

export interface TransactionRow extends Row {
  readonly transaction: BalanceTransaction;
}

/** What may be said of the row of anything that moves the balance. */
export const bookingOptions = z.strictObject({
  /** When it happens. Default: now. */
  at: seconds.optional(),
  /** Seconds after that until the balance moves and the row is created. Default 0. */
  afterSeconds: z.int().nonnegative().optional(),
  /** Seconds from its creation until lists show the row. Default 0. */
  lagSeconds: z.int().nonnegative().optional(),
  /** The balance moves, and no list ever shows a row. Default false. */
  unlisted: z.boolean().optional(),
  /** Seconds until the money is available. Default: at once, and what a payment brings after two days. */
  availableAfterSeconds: z.int().nonnegative().optional(),
  /** In the currency of the row; negative: handed back. Default: by what it is. */
  fee: amount.optional(),
  /** Default: all of the fee is stripe_fee. They need not add up to the fee. */
  feeDetails: z
    .array(
      z.strictObject({
        type: z.string(),
        amount,
        currency: z.string().optional(),
        description: z.string().nullable().optional(),
      }),
    )
    .optional(),
  description: z.string().optional(),
  /** Of the smallest units, where it is converted. Default: the rate of the day. */
  rate: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .optional(),
});

export type BookingOptions = z.infer<typeof bookingOptions>;

/** How a payment reaches the balance. `at` is when it is captured or begun. */
export const settleOptions = bookingOptions.omit({ at: true }).extend({
  /** It never does: no row, and no move of the balance. */
  never: z.boolean().optional(),
});

export type SettleOptions = z.infer<typeof settleOptions>;

export function netOf({ amount: gross, fee }: Pick<BalanceTransaction, 'amount' | 'fee'>): bigint {
  return BigInt(gross) - BigInt(fee);
}

export function isListed({ transaction: { visibleAt } }: TransactionRow, now: number): boolean {
  return visibleAt !== null && visibleAt <= now;
}
