/** A payout: money to the account's bank, or from it where the balance is negative. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const payoutSchema = z.strictObject({
  object: z.literal('payout'),
  id: z.string(),
  created: seconds,
  /** Negative: the bank is debited. */
  amount: decimal,
  currency: z.string(),
  status: z.enum(['pending', 'in_transit', 'paid', 'failed', 'canceled']),
  automatic: z.boolean(),
  method: z.enum(['standard', 'instant']),
  arrivalDate: seconds,
  balanceTransaction: z.string(),
  failureBalanceTransaction: z.string().nullable(),
  failureCode: z.string().nullable(),
  reconciliationStatus: z.enum(['completed', 'in_progress', 'not_applicable']),
  originalPayout: z.string().nullable(),
  reversedBy: z.string().nullable(),
  traceId: z.string().nullable(),
  /** The balance transactions that it pays out, its own among them. Of an automatic one only. */
  contents: z.array(z.string()),
});

export type Payout = z.infer<typeof payoutSchema>;
