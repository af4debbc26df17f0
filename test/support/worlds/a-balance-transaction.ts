/** Balance transactions and the objects they come from, as plain as they get; a test says what is special. */
import type {
  BalanceTransaction,
  ChargeSource,
  DisputeSource,
  FeeDetail,
  RefundSource,
} from '../../../src/domain/movements/balance-transaction';
import type { BookedPayIn, Known } from '../../../src/domain/movements/known';

/** 2026-11-05 12:00:00 UTC */
export const MOMENT = Date.UTC(2026, 10, 5, 12) / 1000;

export function aBalanceTransaction(fields: Partial<BalanceTransaction> = {}): BalanceTransaction {
  const { amount = 10_000n, fee = 0n, currency = 'usd' } = fields;
  return {
    id: 'txn_1',
    currency,
    amount,
    fee,
    net: amount === null || fee === null ? null : amount - fee,
    type: 'charge',
    category: 'charge',
    balanceType: 'payments',
    created: MOMENT,
    availableOn: MOMENT + 2 * 24 * 60 * 60,
    feeDetails: fee === null || fee === 0n ? [] : [aFee(fee, 'stripe_fee', currency)],
    exchangeRate: null,
    source: { object: 'other', id: null },
    fault: null,
    ...fields,
  };
}

export function aFee(
  amount: bigint | null,
  type: string | null = 'stripe_fee',
  currency: string | null = 'usd',
): FeeDetail {
  return { type, amount, currency };
}

export function aCharge(fields: Partial<ChargeSource> = {}): ChargeSource {
  return {
    object: 'charge',
    id: 'ch_1',
    paymentIntentId: 'pi_1',
    customer: 'cus_1',
    status: 'succeeded',
    amountCaptured: 10_000n,
    currency: 'usd',
    ...fields,
  };
}

export function aRefund(fields: Partial<RefundSource> = {}): RefundSource {
  return {
    object: 'refund',
    id: 're_1',
    chargeId: 'ch_1',
    paymentIntentId: 'pi_1',
    customer: 'cus_1',
    amount: 2_500n,
    currency: 'usd',
    ...fields,
  };
}

export function aDispute(fields: Partial<DisputeSource> = {}): DisputeSource {
  return {
    object: 'dispute',
    id: 'du_1',
    chargeId: 'ch_1',
    paymentIntentId: 'pi_1',
    amount: 10_000n,
    currency: 'usd',
    begunAt: null,
    ...fields,
  };
}

/** Its pay-in is in the ledger. */
export function booked(fields: Partial<BookedPayIn> = {}): Known {
  const payIn: BookedPayIn = {
    state: 'booked',
    id: 'pi_1',
    chargeId: 'ch_1',
    payer: 'cus_1',
    amount: 10_000n,
    currency: 'usd',
    createdAt: MOMENT - 60,
    datedAt: MOMENT - 60,
    ...fields,
  };
  return { payIn, begunBefore: false };
}
