/** The JSON of a top-up. */
import { wireAmount } from '../amount';
import type { Topup } from '../objects/topup';

export function renderTopup(topup: Topup, livemode: boolean): Record<string, unknown> {
  return {
    id: topup.id,
    object: 'topup',
    amount: wireAmount(topup.amount),
    balance_transaction: topup.balanceTransaction,
    created: topup.created,
    currency: topup.currency,
    description: null,
    expected_availability_date: null,
    failure_code: null,
    failure_message: null,
    initiated_by: 'api',
    livemode,
    metadata: {},
    payment_method: null,
    payment_method_options: null,
    source: null,
    statement_descriptor: null,
    status: topup.status,
    transfer_group: null,
  };
}
