/** The JSON of a balance transaction. It has no livemode, and no word of its payout or PaymentIntent. */
import { wireAmount } from '../amount';
import { netOf, type BalanceTransaction } from '../objects/balance-transaction';

/** @param source the id, or the object where that is asked for */
export function renderTransaction(
  transaction: BalanceTransaction,
  now: number,
  source: unknown = transaction.source,
): Record<string, unknown> {
  const { id, amount, availableOn, balanceType, created, currency, exchangeRate } = transaction;
  return {
    id,
    object: 'balance_transaction',
    amount: wireAmount(amount),
    available_on: availableOn,
    balance_type: balanceType,
    created,
    currency,
    description: transaction.description,
    exchange_rate: exchangeRate === null ? null : Number(exchangeRate),
    fee: wireAmount(transaction.fee),
    fee_details: transaction.feeDetails.map((detail) => ({
      amount: wireAmount(detail.amount),
      application: null,
      currency: detail.currency,
      description: detail.description,
      type: detail.type,
    })),
    net: wireAmount(netOf(transaction).toString()),
    reporting_category: transaction.reportingCategory,
    source,
    status: availableOn <= now ? 'available' : 'pending',
    type: transaction.type,
  };
}
