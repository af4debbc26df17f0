/** /v1/charges */
import { intentNow, intentOfCharge } from '../account';
import { page } from '../feed';
import { shownAt } from '../objects/intent';
import type { ChargeRow } from '../objects/charge';
import { expands, limitOf, readParams } from '../params';
import { missing } from '../refusal';
import { renderOwnCharge } from '../render/charge';
import { renderCharge } from '../render/intent';
import { viewOf, type Call, type Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';

export const charges: Endpoint = { root: list, one: retrieve };

function list(call: Call) {
  const { charges, intents, clock } = call.account;
  call.demand('rak_charge_read');
  const params = readParams(call.query, {
    scalars: [...PAGE_PARAMS, 'customer', 'payment_intent'],
    arrays: ['expand'],
    created: true,
  });
  const expandIntent = expands(params, 'data.payment_intent');
  if (expandIntent) call.demand('rak_payment_intent_read');
  const now = clock.nowSeconds();
  const view = viewOf(call, { expandIntent });
  const customer = params.scalars.get('customer');
  const paymentIntent = params.scalars.get('payment_intent');
  const render = (row: ChargeRow) => {
    if (row.charge) {
      const intentRow = row.intentId === null ? undefined : intents.find(row.intentId);
      const intent = intentRow && shownAt(intentRow, now);
      return row.created <= now ? renderOwnCharge(row.charge, intent, view) : null;
    }
    const intent = intentOfCharge(call.account, row, 'visibleAt');
    return intent ? renderCharge(intent, view) : null;
  };
  const { rows, hasMore } = page(charges.feeds, {
    ...params.created,
    limit: limitOf(params),
    ...cursors('charge', params, charges),
    shows: (row) => {
      if (paymentIntent !== undefined && paymentIntent !== row.intentId) return false;
      const shown = render(row);
      return shown !== null && (customer === undefined || customer === shown['customer']);
    },
  });
  return listed(call, rows.map(render), hasMore);
}

function retrieve(id: string, call: Call) {
  call.demand('rak_charge_read');
  const expandIntent = expands(readParams(call.query, { arrays: ['expand'] }), 'payment_intent');
  if (expandIntent) call.demand('rak_payment_intent_read');
  const view = viewOf(call, { expandIntent });
  const row = call.account.charges.find(id);
  if (row?.charge) {
    const { intentId } = row;
    const intent = intentId === null ? undefined : intentNow(call.account, intentId);
    return renderOwnCharge(row.charge, intent, view);
  }
  const intent = row && intentOfCharge(call.account, row, 'at');
  if (intent === undefined) throw missing('charge', id, 'id', 404);
  return renderCharge(intent, view);
}
