/** What became of the money of a charge, as the charge itself tells it. */
import type { Account } from './account';
import { wireAmount } from './amount';
import { amountRefunded } from './changes/refunds';
import { objectAt } from './objects/any';
import { paymentOf } from './payment';
import type { ChargeMoney } from './render/view';

export function chargeMoney(account: Account, chargeId: string): ChargeMoney {
  const now = account.clock.nowSeconds();
  const rows = account.transactionsOf(chargeId).filter(({ created }) => created <= now);
  const idOf = (type: RegExp) => rows.find(({ transaction }) => type.test(transaction.type))?.id;
  const refunded = amountRefunded(account, chargeId);
  return {
    balanceTransaction: idOf(/^(charge|payment)$/) ?? null,
    failureBalanceTransaction: idOf(/^payment_failure_refund$/) ?? null,
    amountRefunded: wireAmount(refunded.toString()),
    refunded: refunded > 0n && refunded >= paymentOf(account, chargeId).amount,
    disputed: account.objectsOf(chargeId).some((row) => objectAt(row, now)?.object === 'dispute'),
  };
}
