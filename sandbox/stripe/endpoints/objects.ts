/** /v1/refunds, /v1/disputes, /v1/payouts and the like: read alike, each with a permission of its own. */
import { page } from '../feed';
import { objectAt, type Kind } from '../objects/any';
import { expansions, limitOf, readParams } from '../params';
import { missing } from '../refusal';
import { renderAny } from '../render/any';
import type { Call, Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';
import { PERMISSIONS, readObject } from './sources';

export const applicationFees = endpointOf('application_fee');
export const disputes = endpointOf('dispute', ['charge', 'payment_intent']);
export const payouts = endpointOf('payout', ['status']);
export const refunds = endpointOf('refund', ['charge', 'payment_intent']);
export const topups = endpointOf('topup', ['status']);
export const transfers = endpointOf('transfer', ['destination']);

/** @param filters names of members, which a list may be asked for by their values */
function endpointOf(kind: Kind, filters: readonly string[] = []): Endpoint {
  function list(call: Call) {
    call.demand(PERMISSIONS[kind]);
    const { objects, clock } = call.account;
    const params = readParams(call.query, {
      scalars: [...PAGE_PARAMS, ...filters],
      arrays: ['expand'],
      created: true,
    });
    expansions(params, () => false);
    const now = clock.nowSeconds();
    const render = (row: Parameters<typeof objectAt>[0]) => {
      const object = objectAt(row, now);
      return object?.object === kind ? renderAny(call.account, object, call.livemode) : undefined;
    };
    const { rows, hasMore } = page(objects.feeds, {
      ...params.created,
      limit: limitOf(params),
      ...cursors(kind, params, objects),
      shows: (row) => {
        const shown = render(row);
        const isAsked = (name: string) =>
          !params.scalars.has(name) || params.scalars.get(name) === shown?.[name];
        return shown !== undefined && row.created <= now && filters.every(isAsked);
      },
    });
    return listed(call, rows.map(render), hasMore);
  }

  function retrieve(id: string, call: Call) {
    call.demand(PERMISSIONS[kind]);
    const asked = expansions(readParams(call.query, { arrays: ['expand'] }), (path) =>
      /^\w+$/.test(path),
    );
    const row = call.account.objects.find(id);
    const object = row && objectAt(row, call.account.clock.nowSeconds());
    if (object?.object !== kind) throw missing(kind, id, 'id', 404);
    const shown = renderAny(call.account, object, call.livemode);
    for (const name of asked) {
      const inner = shown[name];
      if (typeof inner === 'string') shown[name] = readObject(call, inner) ?? inner;
    }
    return shown;
  }

  return { root: list, one: retrieve };
}
