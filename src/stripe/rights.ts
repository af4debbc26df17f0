/** One read for each right that the movements need: it is answered, or refused for want of that right. */
import type { MovementRight } from '../domain/movements/stripe-rights';
import { list } from './schema';
import type { Transport } from './transport';
import { readBalance } from './balance';

const ONE = { limit: 1 };

/** @throws SyncError STRIPE_PERMISSION_MISSING */
export async function tryRight(
  transport: Transport,
  right: MovementRight,
  signal: AbortSignal,
): Promise<void> {
  await TRIED[right](transport, signal);
}

type Try = (transport: Transport, signal: AbortSignal) => Promise<unknown>;

const TRIED: Readonly<Record<MovementRight, Try>> = {
  rak_balance_read: readBalance,
  rak_balance_transaction_source_read: ({ stripe, read }, signal) =>
    read(
      'balance_transactions.list',
      () => stripe.balanceTransactions.list({ ...ONE, expand: ['data.source'] }),
      list,
      signal,
    ),
  rak_charge_read: ({ stripe, read }, signal) =>
    read('charges.list', () => stripe.charges.list(ONE), list, signal),
  rak_dispute_read: ({ stripe, read }, signal) =>
    read('disputes.list', () => stripe.disputes.list(ONE), list, signal),
  rak_payout_read: ({ stripe, read }, signal) =>
    read('payouts.list', () => stripe.payouts.list(ONE), list, signal),
  rak_top_up_read: ({ stripe, read }, signal) =>
    read('topups.list', () => stripe.topups.list(ONE), list, signal),
  rak_transfer_read: ({ stripe, read }, signal) =>
    read('transfers.list', () => stripe.transfers.list(ONE), list, signal),
  rak_application_fee_read: ({ stripe, read }, signal) =>
    read('application_fees.list', () => stripe.applicationFees.list(ONE), list, signal),
};
