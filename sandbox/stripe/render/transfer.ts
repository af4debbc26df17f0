/** The JSON of a transfer, and of what came back of one. */
import { wireAmount } from '../amount';
import type { Transfer, TransferReversal } from '../objects/transfer';

export function renderTransfer(
  transfer: Transfer,
  reversals: readonly TransferReversal[],
  livemode: boolean,
): Record<string, unknown> {
  const { id, amount, amountReversed } = transfer;
  return {
    id,
    object: 'transfer',
    amount: wireAmount(amount),
    amount_reversed: wireAmount(amountReversed),
    balance_transaction: transfer.balanceTransaction,
    created: transfer.created,
    currency: transfer.currency,
    description: null,
    destination: transfer.destination,
    destination_payment: `py_1${id.slice(4)}`,
    livemode,
    metadata: {},
    reversals: {
      object: 'list',
      data: reversals.map(renderReversal),
      has_more: false,
      url: `/v1/transfers/${id}/reversals`,
    },
    reversed: amount === amountReversed,
    source_transaction: transfer.sourceTransaction,
    source_type: 'card',
    transfer_group: null,
  };
}

export function renderReversal(reversal: TransferReversal): Record<string, unknown> {
  return {
    id: reversal.id,
    object: 'transfer_reversal',
    amount: wireAmount(reversal.amount),
    balance_transaction: reversal.balanceTransaction,
    created: reversal.created,
    currency: reversal.currency,
    destination_payment_refund: null,
    metadata: {},
    source_refund: null,
    transfer: reversal.transfer,
  };
}
