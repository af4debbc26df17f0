/**
 * The HTTP face of a self-hosted Blnk Core: keys and scopes, then the few routes that a payment
 * import needs.
 */
import type { Handler, Reply, StandInRequest } from '../exchange';
import { addMetadata } from './add-metadata';
import {
  balanceAt,
  balanceById,
  balanceByIndicator,
  balancesByBody,
  balancesByQuery,
} from './balance-answers';
import { errorReply, notHeld, unknownPath } from './errors';
import { hasScope, makeKey, sentCoreKey, type BlnkKeys, type CoreKey } from './keys';
import type { Ledger } from './ledger';
import { DOWN, type Outage } from './outage';
import type { PostingPath } from './posting';
import { byId, byReference, filterByBody, filterByQuery, post } from './transactions';

const RESOURCES = new Set(
  'ledgers balances accounts identities transactions balance-monitors hooks api-keys search reconciliation metadata backup'.split(
    ' ',
  ),
);
const ACTIONS: Record<string, string> = { GET: 'read', HEAD: 'read', DELETE: 'delete' };

export type CoreRequest = Pick<StandInRequest, 'method' | 'path' | 'query' | 'body'>;

export function coreHandler(ledger: Ledger, keys: BlnkKeys, outage: Outage): Handler {
  return async (request) => {
    // Neither needs a key, and /health says nothing about Redis, without which no posting works.
    if (request.path === '/health') {
      return outage.isAway() ? DOWN : { status: 200, json: { status: 'UP' } };
    }
    if (request.path === '/') return { status: 200, json: 'server running...' };
    const sent = sentCoreKey(request.headers);
    const key = sent === null ? undefined : keys.core.get(sent);
    const refusal = authorise(request, sent, key);
    if (refusal !== null) return refusal;
    if (key !== undefined) {
      outage.saw(key);
      const failure = outage.answer(key, request.body);
      if (failure !== null) return failure;
    }
    const path = key === undefined || key === 'master' ? {} : { scopedKeyId: key.id };
    if (key === 'master' && `${request.method} ${request.path}` === 'POST /api-keys') {
      return makeKey(keys, request.body);
    }
    return answerCore(ledger, request, path);
  };
}

function authorise(
  { method, path }: CoreRequest,
  sent: string | null,
  key: CoreKey | undefined,
): Reply | null {
  if (sent === null) {
    const message = 'Authentication required. Use X-Blnk-Key header';
    return errorReply({ code: 'AUTH_MISSING_API_KEY', message });
  }
  if (key === undefined) {
    return errorReply({ code: 'AUTH_INVALID_API_KEY', message: 'Invalid API key' });
  }
  if (key === 'master') return null;
  if (key.expired === true) {
    const message = 'API key is expired or revoked';
    return errorReply({ code: 'AUTH_EXPIRED_API_KEY', message });
  }
  const resource = path.split('/')[1] ?? '';
  if (!RESOURCES.has(resource)) {
    return errorReply({ code: 'AUTH_UNKNOWN_RESOURCE', message: 'Unknown resource type' });
  }
  // By method alone: reading through POST /transactions/filter asks for the right to write.
  const action = ACTIONS[method] ?? 'write';
  if (hasScope(key.scopes, resource, action)) return null;
  const message = `Insufficient permissions for ${resource}:${action}`;
  return errorReply({ code: 'AUTH_INSUFFICIENT_PERMISSIONS', message });
}

/** What Core does with an authorised request; Cloud's proxy passes its requests on to this. */
export async function answerCore(
  ledger: Ledger,
  request: CoreRequest,
  path: PostingPath,
): Promise<Reply> {
  const segments = segmentsOf(request.path);
  if (segments === null) return unknownPath();
  const [resource = '', ...rest] = segments;
  if (resource === 'transactions') {
    const route = `${request.method} ${rest.length}`;
    const [first = '', second = ''] = rest;
    if (route === 'POST 0') return post(ledger, request.body, path);
    if (route === 'POST 1' && first === 'filter') return filterByBody(ledger, request.body);
    if (route === 'GET 0') return filterByQuery(ledger, request.query);
    if (route === 'GET 1') return byId(ledger, first);
    if (route === 'GET 2' && first === 'reference') return byReference(ledger, second);
  }
  const [indicator = '', name = '', currency, code = ''] = rest;
  const route = `${request.method} ${resource} ${rest.length}`;
  if (route === 'GET balances 4' && indicator === 'indicator' && currency === 'currency') {
    return balanceByIndicator(ledger, name, code);
  }
  if (route === 'GET balances 1') return balanceById(ledger, indicator);
  if (route === 'GET balances 2' && name === 'at') {
    return balanceAt(ledger, indicator, request.query, ledger.nowMicros());
  }
  if (route === 'GET balances 0') return balancesByQuery(ledger, request.query);
  if (route === 'POST balances 1' && indicator === 'filter') {
    return balancesByBody(ledger, request.body);
  }
  if (route === 'POST balances-snapshots 0') {
    ledger.takeSnapshots(ledger.nowMicros());
    const message = 'Snapshotting in progress. should be completed shortly';
    return { status: 200, json: { message } };
  }
  // The id stands where others have the name of a resource: no scope of a key covers it.
  if (request.method === 'POST' && rest.length === 1 && indicator === 'metadata') {
    return addMetadata(ledger, resource, request.body, ledger.nowMicros());
  }
  return RESOURCES.has(resource) ? notHeld(`${request.method} ${request.path}`) : unknownPath();
}

/** Decoded as a whole before it is split: a reference with a slash cannot be fetched from Core. */
function segmentsOf(path: string): string[] | null {
  try {
    return decodeURIComponent(path).split('/').slice(1);
  } catch {
    // Not percent-encoding: no such page.
    return null;
  }
}
