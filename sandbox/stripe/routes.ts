/** The part of Stripe's API that the stand-in has: reads of PaymentIntents, charges, events, the account. */
import type { Clock } from '../clock';
import type { Handler, Reply, StandInRequest } from '../exchange';
import type { ChargeRow } from './charge';
import { page, type Feed, type Row } from './feed';
import type { KeyRing, Permission, StripeKey } from './keys';
import { expands, limitOf, readParams, type Params } from './params';
import { badParameter, missing, Refusal, unknownAddress } from './refusal';
import {
  API_VERSION,
  renderAccount,
  renderCharge,
  renderEvent,
  renderIntent,
  renderOwnCharge,
} from './render';
import { shownAt, type EventRow, type World } from './world';

/** Stripe lists and retrieves events for 30 days. */
const EVENT_LIFE_SECONDS = 30 * 24 * 60 * 60;

interface Service {
  readonly world: World;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly account: string;
}

interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly key: StripeKey;
  demand(permission: Permission): void;
}

export function createStripeHandler(service: Service): Handler {
  return (request) => {
    const headers = { 'Stripe-Version': versionOf(request) };
    try {
      return { status: 200, json: route(request, service), headers };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const reply: Reply = error.toReply();
      return { ...reply, headers: { ...headers, ...reply.headers } };
    }
  };
}

function versionOf(request: StandInRequest): string {
  const asked = request.headers['stripe-version'];
  return typeof asked === 'string' ? asked : API_VERSION;
}

function route({ method, path, query, headers }: StandInRequest, service: Service): unknown {
  const key = service.keys.identify(headers);
  const call: Call = {
    path,
    query,
    key,
    demand: (permission) => service.keys.demand(key, permission),
  };
  const [, version, resource, id, ...rest] = path.split('/');
  const known = method === 'GET' && version === 'v1' && rest.length === 0;
  if (known && resource === 'payment_intents') {
    return id === undefined ? listIntents(call, service) : retrieveIntent(id, call, service);
  }
  if (known && resource === 'events') {
    return id === undefined ? listEvents(call, service) : retrieveEvent(id, call, service);
  }
  if (known && resource === 'charges') {
    return id === undefined ? listCharges(call, service) : retrieveCharge(id, call, service);
  }
  if (known && resource === 'account' && id === undefined) {
    call.demand('rak_accounts_kyc_basic_read');
    expands(readParams(query, { arrays: ['expand'] }), null);
    return renderAccount(service.account);
  }
  throw unknownAddress(method, path);
}

function listIntents(call: Call, { world, clock }: Service) {
  call.demand('rak_payment_intent_read');
  const params = readParams(call.query, {
    scalars: ['limit', 'starting_after', 'ending_before', 'customer', 'customer_account'],
    arrays: ['expand'],
    created: true,
  });
  const expandCharge = expands(params, 'data.latest_charge');
  if (expandCharge) call.demand('rak_charge_read');
  const now = clock.nowSeconds();
  const customer = params.scalars.get('customer');
  const account = params.scalars.get('customer_account');
  const { rows, hasMore } = page(world.intents, {
    ...params.created,
    limit: limitOf(params),
    ...cursors('payment_intent', params, world.intents),
    shows: (row) => {
      const intent = shownAt(row, now);
      if (intent === undefined) return false;
      if (customer !== undefined && customer !== intent.customer) return false;
      return account === undefined || account === intent.customerAccount;
    },
  });
  const { livemode } = call.key;
  const data = rows.map((row) => {
    const intent = shownAt(row, now);
    return intent && renderIntent(intent, { livemode, expandCharge });
  });
  return { object: 'list', data, has_more: hasMore, url: call.path };
}

function retrieveIntent(id: string, call: Call, { world }: Service) {
  call.demand('rak_payment_intent_read');
  const expandCharge = expands(readParams(call.query, { arrays: ['expand'] }), 'latest_charge');
  if (expandCharge) call.demand('rak_charge_read');
  const intent = world.find(id);
  if (intent === undefined) throw missing('payment_intent', id, 'intent', 404);
  return renderIntent(intent, { livemode: call.key.livemode, expandCharge });
}

function listEvents(call: Call, { world, clock }: Service) {
  call.demand('rak_event_read');
  const params = readParams(call.query, {
    scalars: ['limit', 'starting_after', 'ending_before', 'type'],
    arrays: ['types', 'expand'],
    created: true,
  });
  expands(params, null);
  const now = clock.nowSeconds();
  const isWanted = typeFilter(params);
  const oldest = now - EVENT_LIFE_SECONDS;
  const { from, to } = params.created;
  const { rows, hasMore } = page(world.events, {
    from: Math.max(from, oldest),
    to,
    limit: limitOf(params),
    ...cursors('event', params, world.events, (event) => event.created >= oldest),
    shows: (event) => event.visibleAt <= now && isWanted(event.type),
  });
  const { livemode } = call.key;
  const data = rows.map((event) => renderEvent(event, { livemode }));
  return { object: 'list', data, has_more: hasMore, url: call.path };
}

function retrieveEvent(id: string, call: Call, { world, clock }: Service) {
  call.demand('rak_event_read');
  expands(readParams(call.query, { arrays: ['expand'] }), null);
  const now = clock.nowSeconds();
  const event = findRow(world.events, id);
  const isKept = (row: EventRow) => row.created <= now && row.created >= now - EVENT_LIFE_SECONDS;
  if (event === undefined || !isKept(event)) throw missing('event', id, 'id', 404);
  return renderEvent(event, { livemode: call.key.livemode });
}

function listCharges(call: Call, { world, clock }: Service) {
  call.demand('rak_charge_read');
  const params = readParams(call.query, {
    scalars: ['limit', 'starting_after', 'ending_before', 'customer', 'payment_intent'],
    arrays: ['expand'],
    created: true,
  });
  const expandIntent = expands(params, 'data.payment_intent');
  if (expandIntent) call.demand('rak_payment_intent_read');
  const now = clock.nowSeconds();
  const view = { livemode: call.key.livemode, expandIntent };
  const customer = params.scalars.get('customer');
  const paymentIntent = params.scalars.get('payment_intent');
  const render = (row: ChargeRow) => {
    const intentRow = row.intentId === null ? undefined : findRow(world.intents, row.intentId);
    const intent = intentRow && shownAt(intentRow, now);
    if (row.charge) return row.created <= now ? renderOwnCharge(row.charge, intent, view) : null;
    return intent?.charge?.id === row.id ? renderCharge(intent, view) : null;
  };
  const { rows, hasMore } = page(world.charges, {
    ...params.created,
    limit: limitOf(params),
    ...cursors('charge', params, world.charges),
    shows: (row) => {
      if (paymentIntent !== undefined && paymentIntent !== row.intentId) return false;
      const shown = render(row);
      return shown !== null && (customer === undefined || customer === shown['customer']);
    },
  });
  return { object: 'list', data: rows.map(render), has_more: hasMore, url: call.path };
}

function retrieveCharge(id: string, call: Call, { world }: Service) {
  call.demand('rak_charge_read');
  const expandIntent = expands(readParams(call.query, { arrays: ['expand'] }), 'payment_intent');
  if (expandIntent) call.demand('rak_payment_intent_read');
  const view = { livemode: call.key.livemode, expandIntent };
  const row = findRow(world.charges, id);
  const intent = row && row.intentId !== null ? world.find(row.intentId) : undefined;
  if (row?.charge) return renderOwnCharge(row.charge, intent, view);
  if (intent?.charge?.id !== id) throw missing('charge', id, 'id', 404);
  return renderCharge(intent, view);
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

function cursors<T extends Row>(
  kind: string,
  params: Params,
  feeds: readonly Feed<T>[],
  isKept: (row: T) => boolean = () => true,
): { after?: T | undefined; before?: T | undefined } {
  const resolve = (param: string) => {
    const id = params.scalars.get(param);
    if (id === undefined) return undefined;
    const row = findRow(feeds, id);
    if (row === undefined || !isKept(row)) throw missing(kind, id, param, 400);
    return row;
  };
  if (params.scalars.has('starting_after') && params.scalars.has('ending_before')) {
    const message = 'You may pass starting_after or ending_before, not both.';
    throw badParameter('ending_before', message);
  }
  return { after: resolve('starting_after'), before: resolve('ending_before') };
}

function findRow<T extends Row>(feeds: readonly Feed<T>[], id: string): T | undefined {
  for (const feed of feeds) {
    const row = feed.find(id);
    if (row !== undefined) return row;
  }
  return undefined;
}
