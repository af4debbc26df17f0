/** A top-up: money of the account's own into its Stripe balance. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const topupSchema = z.strictObject({
  object: z.literal('topup'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  currency: z.string(),
  status: z.enum(['canceled', 'failed', 'pending', 'reversed', 'succeeded']),
  balanceTransaction: z.string().nullable(),
});

export type Topup = z.infer<typeof topupSchema>;
