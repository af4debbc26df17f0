/** /v1/events, for the 30 days that Stripe keeps them. */
import type { Account } from '../account';
import { page, type Collection } from '../feed';
import { EVENT_LIFE_SECONDS, type EventRow, type ObjectEventRow } from '../objects/event';
import { expands, limitOf, readParams, type Params } from '../params';
import { badParameter, missing } from '../refusal';
import { renderEvent } from '../render/event';
import type { Call, Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';

type AnyEvent = EventRow | ObjectEventRow;

export const events: Endpoint = { root: list, one: retrieve };

function list(call: Call) {
  const { account, livemode } = call;
  call.demand('rak_event_read');
  const params = readParams(call.query, {
    scalars: [...PAGE_PARAMS, 'type'],
    arrays: ['types', 'expand'],
    created: true,
  });
  expands(params, null);
  const now = account.clock.nowSeconds();
  const isWanted = typeFilter(params);
  const oldest = now - EVENT_LIFE_SECONDS;
  const { from, to } = params.created;
  const { rows, hasMore } = page<AnyEvent>(eventsOf(account).feeds, {
    from: Math.max(from, oldest),
    to,
    limit: limitOf(params),
    ...cursors('event', params, eventsOf(account), (event) => event.created >= oldest),
    shows: (event) => event.visibleAt <= now && isWanted(event.type),
  });
  const data = rows.map((event) => renderEvent(account, event, livemode));
  return listed(call, data, hasMore);
}

function retrieve(id: string, call: Call) {
  const { account, livemode } = call;
  call.demand('rak_event_read');
  expands(readParams(call.query, { arrays: ['expand'] }), null);
  const now = account.clock.nowSeconds();
  const event = eventsOf(account).find(id);
  const isKept = (row: AnyEvent) => row.created <= now && row.created >= now - EVENT_LIFE_SECONDS;
  if (event === undefined || !isKept(event)) throw missing('event', id, 'id', 404);
  return renderEvent(account, event, livemode);
}

/** Those of PaymentIntents and those of other objects, as one list. */
function eventsOf({ events, objectEvents }: Account): Pick<Collection<AnyEvent>, 'feeds' | 'find'> {
  return {
    feeds: [...events.feeds, ...objectEvents.feeds],
    find: (id) => events.find(id) ?? objectEvents.find(id),
  };
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
