/**
 * Charges of the Stripe stand-in: those of its PaymentIntents, and those that a test adds by hand, as
 * they come from the Charges API, from a platform's account, or from an attempt that failed.
 */
import { z } from 'zod';
import { asDecimal, decimal, seconds } from '../amount';
import type { Row } from '../feed';
import type { Ids } from '../ids';
import { settleOptions } from './balance-transaction';

export const chargeSchema = z.strictObject({
  id: z.string(),
  created: seconds,
  status: z.enum(['succeeded', 'pending', 'failed']),
  amount: decimal,
  currency: z.string(),
  customer: z.string().nullable(),
  /** null: made without one. */
  paymentIntent: z.string().nullable(),
  /** Set on a connected account: the platform's transfer that it came with. */
  sourceTransfer: z.string().nullable(),
});

export type Charge = z.infer<typeof chargeSchema>;

export const chargeOptions = z.strictObject({
  id: z.string().optional(),
  /** Default: now. */
  createdAt: seconds.optional(),
  /** Default succeeded. */
  status: chargeSchema.shape.status.optional(),
  /** Default 2000. */
  amount: z.int().optional(),
  /** Default usd. */
  currency: z.string().optional(),
  customer: z.string().nullable().optional(),
  /** Default null. */
  paymentIntent: z.string().nullable().optional(),
  sourceTransfer: z.string().nullable().optional(),
  /** How its money reaches the balance. */
  settle: settleOptions.optional(),
});

export type ChargeOptions = z.infer<typeof chargeOptions>;

export interface ChargeRow extends Row {
  /** null: it has none. */
  readonly intentId: string | null;
  /** Added by hand, and replaced when it ends; else it is what its intent says. */
  charge?: Charge;
}

/** Charge number `n`. */
export function draftCharge(options: ChargeOptions, n: number, ids: Ids, now: number): Charge {
  return {
    id: options.id ?? ids.id('ch_3', n),
    created: options.createdAt ?? now,
    status: options.status ?? 'succeeded',
    amount: asDecimal(options.amount ?? 2000),
    currency: options.currency ?? 'usd',
    customer: options.customer ?? null,
    paymentIntent: options.paymentIntent ?? null,
    sourceTransfer: options.sourceTransfer ?? null,
  };
}
