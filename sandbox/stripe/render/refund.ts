/** The JSON of a refund. */
import { wireAmount } from '../amount';
import type { Refund } from '../objects/refund';

export function renderRefund(refund: Refund): Record<string, unknown> {
  const { failureBalanceTransaction, failureReason, pendingReason } = refund;
  return {
    id: refund.id,
    object: 'refund',
    amount: wireAmount(refund.amount),
    balance_transaction: refund.balanceTransaction,
    charge: refund.charge,
    created: refund.created,
    currency: refund.currency,
    customer: refund.customer,
    customer_account: refund.customerAccount,
    destination_details: { card: { reference_status: 'pending', type: 'refund' }, type: 'card' },
    ...(failureBalanceTransaction !== null && {
      failure_balance_transaction: failureBalanceTransaction,
    }),
    ...(failureReason !== null && { failure_reason: failureReason }),
    metadata: {},
    payment_intent: refund.paymentIntent,
    payment_method: null,
    ...(pendingReason !== null && { pending_reason: pendingReason }),
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}
