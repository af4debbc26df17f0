/** The JSON of a payout. What is in it is asked for as a list of balance transactions. */
import { wireAmount } from '../amount';
import type { Payout } from '../objects/payout';

export function renderPayout(payout: Payout, livemode: boolean): Record<string, unknown> {
  const { failureCode, traceId, status } = payout;
  const isOver = status === 'paid' || status === 'failed' || status === 'canceled';
  return {
    id: payout.id,
    object: 'payout',
    amount: wireAmount(payout.amount),
    application_fee: null,
    application_fee_amount: null,
    arrival_date: payout.arrivalDate,
    automatic: payout.automatic,
    balance_transaction: payout.balanceTransaction,
    created: payout.created,
    currency: payout.currency,
    description: payout.automatic ? 'STRIPE PAYOUT' : null,
    destination: 'ba_1SandboxBank0001',
    failure_balance_transaction: payout.failureBalanceTransaction,
    failure_code: failureCode,
    failure_message: failureCode === null ? null : 'The bank returned the payout.',
    livemode,
    metadata: {},
    method: payout.method,
    original_payout: payout.originalPayout,
    payout_method: null,
    reconciliation_status: payout.reconciliationStatus,
    reversed_by: payout.reversedBy,
    source_type: 'card',
    statement_descriptor: null,
    status,
    trace_id: {
      status: traceId ? 'supported' : isOver ? 'unsupported' : 'pending',
      value: traceId,
    },
    type: 'bank_account',
  };
}
