/** The JSON of an application fee, and of what was given back of one. */
import { wireAmount } from '../amount';
import type { ApplicationFee, FeeRefund } from '../objects/application-fee';

export function renderApplicationFee(
  fee: ApplicationFee,
  refunds: readonly FeeRefund[],
  livemode: boolean,
): Record<string, unknown> {
  const { id, amount, amountRefunded, charge } = fee;
  return {
    id,
    object: 'application_fee',
    account: fee.account,
    amount: wireAmount(amount),
    amount_refunded: wireAmount(amountRefunded),
    application: 'ca_SandboxApplication0001',
    balance_transaction: fee.balanceTransaction,
    charge,
    created: fee.created,
    currency: fee.currency,
    fee_source: { charge, type: 'charge' },
    livemode,
    originating_transaction: null,
    refunded: amount === amountRefunded,
    refunds: {
      object: 'list',
      data: refunds.map(renderFeeRefund),
      has_more: false,
      url: `/v1/application_fees/${id}/refunds`,
    },
  };
}

export function renderFeeRefund(refund: FeeRefund): Record<string, unknown> {
  return {
    id: refund.id,
    object: 'fee_refund',
    amount: wireAmount(refund.amount),
    balance_transaction: refund.balanceTransaction,
    created: refund.created,
    currency: refund.currency,
    fee: refund.fee,
    metadata: {},
  };
}
