/** What a platform earns of a connected account's charge, and what it gives back of that. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const applicationFeeSchema = z.strictObject({
  object: z.literal('application_fee'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  amountRefunded: decimal,
  currency: z.string(),
  /** The connected account that paid it. */
  account: z.string(),
  charge: z.string(),
  balanceTransaction: z.string(),
});

export type ApplicationFee = z.infer<typeof applicationFeeSchema>;

export const feeRefundSchema = z.strictObject({
  object: z.literal('fee_refund'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  currency: z.string(),
  fee: z.string(),
  balanceTransaction: z.string(),
});

export type FeeRefund = z.infer<typeof feeRefundSchema>;
