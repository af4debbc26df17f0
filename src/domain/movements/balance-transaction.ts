/**
 * A balance transaction as it is kept: one row of the list in which Stripe says what moved its balance. What
 * could not be read exactly is null. Stripe never changes a row, but for when its money becomes available.
 */
import type { ReasonCode } from '../reasons';

export interface BalanceTransaction {
  /** `txn_…` */
  readonly id: string;
  /** Of the settlement, lower case, as Stripe writes it. */
  readonly currency: string | null;
  /** Minor units; negative: money leaves. So are `fee` (negative: handed back) and `net`. */
  readonly amount: bigint | null;
  readonly fee: bigint | null;
  readonly net: bigint | null;
  /** An open list, as `category` and `balanceType` are. */
  readonly type: string | null;
  /** Stripe's `reporting_category`. */
  readonly category: string | null;
  /** Which of the account's balances it moves; null: Stripe did not say, as before there were several. */
  readonly balanceType: string | null;
  /** Unix seconds. */
  readonly created: number | null;
  /** Unix seconds. */
  readonly availableOn: number | null;
  /** null: not readable as a whole. */
  readonly feeDetails: readonly FeeDetail[] | null;
  /** As Stripe writes it; null: nothing was converted. */
  readonly exchangeRate: string | null;
  /** Stripe's words; kept only where nothing else tells what the row is (src/domain/kinds/choice.ts). */
  readonly description?: string | null;
  readonly source: SourceObject;
  /** The row itself could not be read: nothing is booked from it. */
  readonly fault: ReasonCode | null;
}

export interface FeeDetail {
  readonly type: string | null;
  readonly amount: bigint | null;
  readonly currency: string | null;
}

/** What a row came from, as far as its booking depends on it. */
export type SourceObject =
  | ChargeSource
  | RefundSource
  | DisputeSource
  | { readonly object: 'payout'; readonly id: string }
  | TransferSource
  /** Another object, or one that the key may not read; null: there is none. */
  | { readonly object: 'other'; readonly id: string | null };

export interface ChargeSource {
  readonly object: 'charge';
  /** `ch_…` or `py_…` */
  readonly id: string;
  readonly paymentIntentId: string | null;
  /** customer, else customer_account; null for a guest. */
  readonly customer: string | null;
  /** succeeded, pending or failed. */
  readonly status: string | null;
  readonly amountCaptured: bigint | null;
  /** Of the customer's payment, lower case. */
  readonly currency: string | null;
}

export interface RefundSource {
  readonly object: 'refund';
  readonly id: string;
  readonly chargeId: string | null;
  readonly paymentIntentId: string | null;
  readonly customer: string | null;
  readonly amount: bigint | null;
  /** Of the customer's payment, lower case. */
  readonly currency: string | null;
}

export interface DisputeSource {
  readonly object: 'dispute';
  readonly id: string;
  readonly chargeId: string | null;
  readonly paymentIntentId: string | null;
  readonly amount: bigint | null;
  readonly currency: string | null;
  /** Unix seconds: when it has moved the balance first; null: not told, or it has not. */
  readonly begunAt: number | null;
}

/** A transfer, or a reversal of one. */
export interface TransferSource {
  readonly object: 'transfer';
  readonly id: string | null;
  readonly reversalId: string | null;
  /** The connected account. */
  readonly destination: string | null;
}

/**
 * Whether it moves the balance that `@stripe` stands for. Rows of other balances (`issuing`, `risk_reserved`)
 * are kept and never booked.
 */
export function isOfPayments({ balanceType }: Pick<BalanceTransaction, 'balanceType'>): boolean {
  return balanceType === null || balanceType === 'payments';
}

/** By how much it moves the balance; null: not readable. */
export function netOf({
  net,
  amount,
  fee,
}: Pick<BalanceTransaction, 'net' | 'amount' | 'fee'>): bigint | null {
  if (net !== null) return net;
  return amount === null || fee === null ? null : amount - fee;
}
