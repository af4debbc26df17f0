/** The objects that move the balance, beside charges: each may be the source of balance transactions. */
import { z } from 'zod';
import type { Row } from '../feed';
import { applicationFeeSchema, feeRefundSchema } from './application-fee';
import { disputeSchema } from './dispute';
import { payoutSchema } from './payout';
import { refundSchema } from './refund';
import { reserveTransactionSchema } from './reserve-transaction';
import { topupSchema } from './topup';
import { transferReversalSchema, transferSchema } from './transfer';

export const anyObjectSchema = z.discriminatedUnion('object', [
  applicationFeeSchema,
  disputeSchema,
  feeRefundSchema,
  payoutSchema,
  refundSchema,
  reserveTransactionSchema,
  topupSchema,
  transferSchema,
  transferReversalSchema,
]);

export type AnyObject = z.infer<typeof anyObjectSchema>;
export type Kind = AnyObject['object'];
export type ObjectOf<K extends Kind> = Extract<AnyObject, { object: K }>;

export interface ObjectRow<T extends AnyObject = AnyObject> extends Row {
  /** Oldest first: the object as it is from `at` on. */
  readonly versions: { readonly at: number; readonly object: T }[];
}

export function objectAt<T extends AnyObject>(row: ObjectRow<T>, now: number): T | undefined {
  return row.versions.findLast(({ at }) => at <= now)?.object;
}
