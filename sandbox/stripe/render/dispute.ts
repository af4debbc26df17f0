/** The JSON of a dispute: it holds its balance transactions whole, unasked. */
import { wireAmount } from '../amount';
import type { Dispute } from '../objects/dispute';

export function renderDispute(
  dispute: Dispute,
  transactions: readonly Record<string, unknown>[],
  livemode: boolean,
): Record<string, unknown> {
  const { id, amount, charge, created, currency, paymentIntent, reason, status } = dispute;
  return {
    id,
    object: 'dispute',
    amount: wireAmount(amount),
    balance_transactions: transactions,
    charge,
    created,
    currency,
    enhanced_eligibility_types: [],
    evidence: { customer_email_address: 'payer@example.com', customer_name: 'Jenny Rosen' },
    evidence_details: { due_by: created + 7 * 24 * 60 * 60, has_evidence: false },
    intended_submission_method: null,
    is_charge_refundable: status.startsWith('warning'),
    livemode,
    metadata: {},
    network_reason_code: null,
    payment_intent: paymentIntent,
    payment_method_details: { card: { brand: 'visa', case_type: 'chargeback' }, type: 'card' },
    reason,
    status,
  };
}
