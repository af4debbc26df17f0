/** /v1/balance */
import { expands, readParams } from '../params';
import { renderBalance } from '../render/balance';
import type { Call, Endpoint } from './call';

export const balance: Endpoint = { root: retrieve };

function retrieve(call: Call) {
  call.demand('rak_balance_read');
  expands(readParams(call.query, { arrays: ['expand'] }), null);
  return renderBalance(call.account, call.livemode);
}
