/** A dispute: the payer's bank takes a payment back, and may give it again. Its rows' sum decides. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const disputeStatuses = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'prevented',
  'appeal_needs_response',
  'appeal_under_review',
] as const;

export const disputeSchema = z.strictObject({
  object: z.literal('dispute'),
  id: z.string(),
  created: seconds,
  charge: z.string(),
  paymentIntent: z.string().nullable(),
  amount: decimal,
  currency: z.string(),
  status: z.enum(disputeStatuses),
  reason: z.string(),
  /** Oldest first. */
  balanceTransactions: z.array(z.string()),
});

export type Dispute = z.infer<typeof disputeSchema>;
