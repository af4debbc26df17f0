/** /v1/account: of the key that asks. */
import { expands, readParams } from '../params';
import { renderAccount } from '../render/account';
import type { Call, Endpoint } from './call';

export const account: Endpoint = { root: retrieve };

function retrieve(call: Call) {
  call.demand('rak_accounts_kyc_basic_read');
  expands(readParams(call.query, { arrays: ['expand'] }), null);
  return renderAccount(call.accountId);
}
