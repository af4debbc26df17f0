/**
 * What the stand-in knows of a PaymentIntent, and how a test or scenario describes one. Amounts are
 * decimal strings, so that journals keep numbers above 2^53 exactly.
 */
import { z } from 'zod';
import { amount, asDecimal, decimal, seconds } from '../amount';
import type { Row } from '../feed';
import type { Ids } from '../ids';
import { settleOptions } from './balance-transaction';

const statuses = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
  'processing',
  'canceled',
  'succeeded',
] as const;

export const intentSchema = z.strictObject({
  id: z.string(),
  created: seconds,
  status: z.enum(statuses),
  amount: decimal.nullable(),
  amountReceived: decimal.nullable(),
  currency: z.string(),
  customer: z.string().nullable(),
  customerAccount: z.string().nullable(),
  captureMethod: z.enum(['automatic', 'automatic_async', 'manual']),
  paymentMethodType: z.string(),
  description: z.string().nullable(),
  receiptEmail: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  charge: z.strictObject({ id: z.string(), created: seconds }).nullable(),
});

export type Intent = z.infer<typeof intentSchema>;

/** An intent as it is from `at` on; lists show that from `visibleAt` on. */
export interface Version {
  readonly at: number;
  readonly visibleAt: number;
  readonly intent: Intent;
}

export interface IntentRow extends Row {
  /** Oldest first. */
  readonly versions: Version[];
}

/** The intent as lists show it at a time; undefined while they do not show it yet. */
export function shownAt(row: IntentRow, now: number): Intent | undefined {
  return row.versions.findLast(({ visibleAt }) => visibleAt <= now)?.intent;
}

const intentOptions = z.strictObject({
  id: z.string().optional(),
  /** Default 2000. */
  amount: amount.nullable().optional(),
  /** Default: the amount once succeeded, before that 0. */
  amountReceived: amount.nullable().optional(),
  /** Lower case, default usd. Not checked, so that a scenario can have one nobody knows. */
  currency: z.string().optional(),
  /** Default: a customer of its own; null: a guest. */
  customer: z.string().nullable().optional(),
  customerAccount: z.string().nullable().optional(),
  /** Default: now. A time to come hides it until the clock is there. */
  createdAt: seconds.optional(),
  /** Default: when it succeeded; manual captures and bank debits have theirs earlier. */
  chargeCreatedAt: seconds.optional(),
  captureMethod: intentSchema.shape.captureMethod.optional(),
  paymentMethodType: z.string().optional(),
  description: z.string().nullable().optional(),
  receiptEmail: z.string().nullable().optional(),
  metadata: intentSchema.shape.metadata.optional(),
  /** Seconds from each happening until lists show it. Default 0. */
  lagSeconds: z.int().nonnegative().optional(),
  /** The same for its events. Default: lagSeconds. */
  eventLagSeconds: z.int().nonnegative().optional(),
  /** How its money reaches the balance. */
  settle: settleOptions.optional(),
});

export const payOptions = intentOptions.extend({
  /** Default: createdAt. */
  succeededAt: seconds.optional(),
});

export const createOptions = intentOptions.extend({
  /** Default requires_payment_method. */
  status: z.enum(statuses).exclude(['succeeded']).optional(),
});

export const succeedOptions = z.strictObject({
  /** Default: now. */
  at: seconds.optional(),
  /** Default: the amount. */
  amountReceived: amount.nullable().optional(),
  lagSeconds: z.int().nonnegative().optional(),
  eventLagSeconds: z.int().nonnegative().optional(),
  settle: settleOptions.optional(),
});

export type PayOptions = z.infer<typeof payOptions>;
export type CreateOptions = z.infer<typeof createOptions>;
export type SucceedOptions = z.infer<typeof succeedOptions>;
export type CancelOptions = Pick<SucceedOptions, 'at' | 'lagSeconds'>;

/** Intent number `n` as it is before it succeeds. */
export function draftIntent(options: CreateOptions, n: number, ids: Ids, now: number): Intent {
  const created = options.createdAt ?? now;
  const status = options.status ?? 'requires_payment_method';
  const charged = status === 'requires_capture' || options.chargeCreatedAt !== undefined;
  return {
    id: options.id ?? ids.id('pi_3', n),
    created,
    status,
    amount: asDecimal(options.amount === undefined ? 2000 : options.amount),
    amountReceived: asDecimal(options.amountReceived === undefined ? 0 : options.amountReceived),
    currency: options.currency ?? 'usd',
    customer: options.customer === undefined ? ids.id('cus_', n).slice(0, 18) : options.customer,
    customerAccount: options.customerAccount ?? null,
    captureMethod: options.captureMethod ?? 'automatic_async',
    paymentMethodType: options.paymentMethodType ?? 'card',
    description: options.description ?? null,
    receiptEmail: options.receiptEmail ?? null,
    metadata: options.metadata ?? {},
    charge: charged ? { id: ids.id('ch_3', n), created: options.chargeCreatedAt ?? created } : null,
  };
}
