/** A refund: money of a payment that goes back to the payer, and comes back again where that fails. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const refundSchema = z.strictObject({
  object: z.literal('refund'),
  id: z.string(),
  created: seconds,
  charge: z.string(),
  paymentIntent: z.string().nullable(),
  customer: z.string().nullable(),
  customerAccount: z.string().nullable(),
  /** In the currency of the payment. */
  amount: decimal,
  currency: z.string(),
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
  /** Why it waits; one that waits for money has no balance transaction yet. */
  pendingReason: z.string().nullable(),
  failureReason: z.string().nullable(),
  balanceTransaction: z.string().nullable(),
  failureBalanceTransaction: z.string().nullable(),
});

export type Refund = z.infer<typeof refundSchema>;
