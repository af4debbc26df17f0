/** /v1/events, for the 30 days that Stripe keeps them. */
import { page } from '../feed';
import { EVENT_LIFE_SECONDS, type EventRow } from '../objects/event';
import { expands, limitOf, readParams, type Params } from '../params';
import { badParameter, missing } from '../refusal';
import { renderEvent } from '../render/event';
import type { Call, Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';

export const events: Endpoint = { root: list, one: retrieve };

function list(call: Call) {
  const { events, clock } = call.account;
  call.demand('rak_event_read');
  const params = readParams(call.query, {
    scalars: [...PAGE_PARAMS, 'type'],
    arrays: ['types', 'expand'],
    created: true,
  });
  expands(params, null);
  const now = clock.nowSeconds();
  const isWanted = typeFilter(params);
  const oldest = now - EVENT_LIFE_SECONDS;
  const { from, to } = params.created;
  const { rows, hasMore } = page(events.feeds, {
    from: Math.max(from, oldest),
    to,
    limit: limitOf(params),
    ...cursors('event', params, events, (event) => event.created >= oldest),
    shows: (event) => event.visibleAt <= now && isWanted(event.type),
  });
  const { livemode } = call;
  const data = rows.map((event) => renderEvent(event, { livemode }));
  return listed(call, data, hasMore);
}

function retrieve(id: string, call: Call) {
  const { events, clock } = call.account;
  call.demand('rak_event_read');
  expands(readParams(call.query, { arrays: ['expand'] }), null);
  const now = clock.nowSeconds();
  const event = events.find(id);
  const isKept = (row: EventRow) => row.created <= now && row.created >= now - EVENT_LIFE_SECONDS;
  if (event === undefined || !isKept(event)) throw missing('event', id, 'id', 404);
  return renderEvent(event, { livemode: call.livemode });
}

function typeFilter(params: Params): (type: string) => boolean {
  const type = params.scalars.get('type');
  const types = params.arrays.get('types');
  if (types !== undefined) {
    if (type !== undefined) throw badParameter('type', 'You may pass type or types, not both.');
    if (types.length > 20) throw badParameter('types', 'At most 20 types may be passed.');
    return (given) => types.includes(given);
  }
  if (type === undefined) return () => true;
  if (type.endsWith('.*')) return (given) => given.startsWith(type.slice(0, -1));
  return (given) => given === type;
}
