/** The part of Stripe's API that the stand-in has: reads, each resource in a file of endpoints/. */
import type { Handler, Reply, StandInRequest } from '../exchange';
import type { Account } from './account';
import { account } from './endpoints/account';
import { balance } from './endpoints/balance';
import { balanceTransactions } from './endpoints/balance-transactions';
import type { Endpoint } from './endpoints/call';
import { charges } from './endpoints/charges';
import { events } from './endpoints/events';
import {
  applicationFees,
  disputes,
  payouts,
  refunds,
  topups,
  transfers,
} from './endpoints/objects';
import { paymentIntents } from './endpoints/payment-intents';
import type { KeyRing } from './keys';
import { Refusal, unknownAddress } from './refusal';
import { API_VERSION } from './render/view';

interface Service {
  readonly account: Account;
  readonly accountId: string;
  readonly keys: KeyRing;
}

/** By the name in the address, /v1/<name>. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['account', account],
  ['application_fees', applicationFees],
  ['balance', balance],
  ['balance_transactions', balanceTransactions],
  ['charges', charges],
  ['disputes', disputes],
  ['events', events],
  ['payment_intents', paymentIntents],
  ['payouts', payouts],
  ['refunds', refunds],
  ['topups', topups],
  ['transfers', transfers],
]);

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
  const { keys, ...rest } = service;
  const key = keys.identify(headers);
  const call = {
    ...{ path, query, livemode: key.livemode, ...rest },
    demand: (permission: Parameters<KeyRing['demand']>[1]) => keys.demand(key, permission),
  };
  const [, version, resource = '', id, ...more] = path.split('/');
  const isRead = method === 'GET' && version === 'v1' && more.length === 0;
  const endpoint = isRead ? ENDPOINTS.get(resource) : undefined;
  if (endpoint !== undefined && id === undefined) return endpoint.root(call);
  if (endpoint?.one !== undefined && id !== undefined) return endpoint.one(id, call);
  throw unknownAddress(method, path);
}
