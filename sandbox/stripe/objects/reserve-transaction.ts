/** What Stripe sets aside of a platform's balance for negative balances of its connected accounts. */
import { z } from 'zod';
import { decimal, seconds } from '../amount';

export const reserveTransactionSchema = z.strictObject({
  object: z.literal('reserve_transaction'),
  id: z.string(),
  created: seconds,
  amount: decimal,
  currency: z.string(),
  description: z.string().nullable(),
});
