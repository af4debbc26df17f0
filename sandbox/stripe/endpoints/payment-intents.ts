/** /v1/payment_intents */
import { intentNow } from '../account';
import { page } from '../feed';
import { shownAt } from '../objects/intent';
import { expands, limitOf, readParams } from '../params';
import { missing } from '../refusal';
import { renderIntent } from '../render/intent';
import { viewOf, type Call, type Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';

export const paymentIntents: Endpoint = { root: list, one: retrieve };

function list(call: Call) {
  const { intents, clock } = call.account;
  call.demand('rak_payment_intent_read');
  const params = readParams(call.query, {
    scalars: [...PAGE_PARAMS, 'customer', 'customer_account'],
    arrays: ['expand'],
    created: true,
  });
  const expandCharge = expands(params, 'data.latest_charge');
  if (expandCharge) call.demand('rak_charge_read');
  const now = clock.nowSeconds();
  const customer = params.scalars.get('customer');
  const account = params.scalars.get('customer_account');
  const { rows, hasMore } = page(intents.feeds, {
    ...params.created,
    limit: limitOf(params),
    ...cursors('payment_intent', params, intents),
    shows: (row) => {
      const intent = shownAt(row, now);
      if (intent === undefined) return false;
      if (customer !== undefined && customer !== intent.customer) return false;
      return account === undefined || account === intent.customerAccount;
    },
  });
  const view = viewOf(call, { expandCharge });
  const data = rows.map((row) => {
    const intent = shownAt(row, now);
    return intent && renderIntent(intent, view);
  });
  return listed(call, data, hasMore);
}

function retrieve(id: string, call: Call) {
  call.demand('rak_payment_intent_read');
  const expandCharge = expands(readParams(call.query, { arrays: ['expand'] }), 'latest_charge');
  if (expandCharge) call.demand('rak_charge_read');
  const intent = intentNow(call.account, id);
  if (intent === undefined) throw missing('payment_intent', id, 'intent', 404);
  return renderIntent(intent, viewOf(call, { expandCharge }));
}
