/** What a balance transaction is about, as far as the key may see it and the request asks for it. */
import { intentNow, intentOfCharge, objectNow } from '../account';
import type { Permission } from '../keys';
import type { Kind } from '../objects/any';
import { renderAny } from '../render/any';
import { renderTransaction } from '../render/balance-transaction';
import { renderOwnCharge } from '../render/charge';
import { renderCharge, renderIntent } from '../render/intent';
import { viewOf, type Call } from './call';

export const PERMISSIONS: Readonly<Record<Kind, Permission>> = {
  application_fee: 'rak_application_fee_read',
  dispute: 'rak_dispute_read',
  fee_refund: 'rak_application_fee_read',
  payout: 'rak_payout_read',
  refund: 'rak_charge_read',
  reserve_transaction: 'rak_balance_transaction_source_read',
  topup: 'rak_top_up_read',
  transfer: 'rak_transfer_read',
  transfer_reversal: 'rak_transfer_read',
};

/** @param asked paths below the source; null: only ids are */
export function sourceReader(
  call: Call,
  asked: readonly string[] | null,
): (id: string | null) => unknown {
  if (asked === null) return (id) => id;
  call.demand('rak_balance_transaction_source_read');
  const below = asked.filter((path) => path !== '');
  return (id) => {
    if (id === null) return null;
    const source = readObject(call, id);
    // What is not there stays an id.
    if (source === undefined) return id;
    for (const path of below) {
      const [name = ''] = path.split('.');
      const inner = source[name];
      if (typeof inner === 'string') source[name] = readObject(call, inner) ?? inner;
    }
    return source;
  };
}

/** @throws Refusal where the key may not read what it is */
export function readObject(call: Call, id: string): Record<string, unknown> | undefined {
  const { account, livemode } = call;
  const object = objectNow(account, id);
  if (object !== undefined) {
    call.demand(PERMISSIONS[object.object]);
    return renderAny(account, object, livemode);
  }
  const row = account.charges.find(id);
  if (row !== undefined) {
    call.demand('rak_charge_read');
    if (row.charge) return renderOwnCharge(row.charge, undefined, viewOf(call));
    const intent = intentOfCharge(account, row, 'at');
    return (intent && renderCharge(intent, viewOf(call))) ?? undefined;
  }
  const intent = intentNow(account, id);
  if (intent !== undefined) {
    call.demand('rak_payment_intent_read');
    return renderIntent(intent, viewOf(call));
  }
  const transaction = account.transactions.find(id)?.transaction;
  return transaction && renderTransaction(transaction, account.clock.nowSeconds());
}
