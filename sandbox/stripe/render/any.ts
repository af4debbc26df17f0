/** The JSON of any object that moves the balance, by what the account knows of it. */
import type { Account } from '../account';
import { wireAmount } from '../amount';
import { objectAt, type AnyObject, type ObjectOf } from '../objects/any';
import { renderApplicationFee, renderFeeRefund } from './application-fee';
import { renderTransaction } from './balance-transaction';
import { renderDispute } from './dispute';
import { renderPayout } from './payout';
import { renderRefund } from './refund';
import { renderTopup } from './topup';
import { renderReversal, renderTransfer } from './transfer';

export function renderAny(
  account: Account,
  object: AnyObject,
  livemode: boolean,
): Record<string, unknown> {
  switch (object.object) {
    case 'refund':
      return renderRefund(object);
    case 'dispute':
      return renderDispute(object, transactionsOf(account, object), livemode);
    case 'payout':
      return renderPayout(object, livemode);
    case 'transfer':
      return renderTransfer(object, reversalsOf(account, object.id), livemode);
    case 'transfer_reversal':
      return renderReversal(object);
    case 'application_fee':
      return renderApplicationFee(object, feeRefundsOf(account, object.id), livemode);
    case 'fee_refund':
      return renderFeeRefund(object);
    case 'topup':
      return renderTopup(object, livemode);
    case 'reserve_transaction': {
      const { id, amount, currency, description } = object;
      const described = { object: 'reserve_transaction', amount: wireAmount(amount) };
      return { id, ...described, currency, description };
    }
  }
}

function transactionsOf(account: Account, { balanceTransactions }: ObjectOf<'dispute'>) {
  const now = account.clock.nowSeconds();
  return balanceTransactions.flatMap((id) => {
    const row = account.transactions.find(id);
    return row === undefined || row.created > now ? [] : [renderTransaction(row.transaction, now)];
  });
}

function reversalsOf(account: Account, transfer: string) {
  return objectsNow(account).flatMap((one) =>
    one.object === 'transfer_reversal' && one.transfer === transfer ? [one] : [],
  );
}

function feeRefundsOf(account: Account, fee: string) {
  return objectsNow(account).flatMap((one) =>
    one.object === 'fee_refund' && one.fee === fee ? [one] : [],
  );
}

function objectsNow(account: Account): AnyObject[] {
  const now = account.clock.nowSeconds();
  return account.objects.stored.rows().flatMap((row) => objectAt(row, now) ?? []);
}
