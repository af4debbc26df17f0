/** A transfer to a connected account, and what comes back of it. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const transferSchema = z.strictObject({
  object: z.literal('transfer'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  amountReversed: decimal,
  currency: z.string(),
  /** The connected account. */
  destination: z.string().nullable(),
  sourceTransaction: z.string().nullable(),
  balanceTransaction: z.string(),
});

export type Transfer = z.infer<typeof transferSchema>;

export const transferReversalSchema = z.strictObject({
  object: z.literal('transfer_reversal'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  currency: z.string(),
  transfer: z.string(),
  balanceTransaction: z.string(),
});

export type TransferReversal = z.infer<typeof transferReversalSchema>;
