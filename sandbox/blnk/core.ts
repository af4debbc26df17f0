/**
 * The HTTP face of a self-hosted Blnk Core: keys and scopes, then the few routes that a payment
 * import needs.
 */
import type { Handler, Reply, StandInRequest } from '../exchange';
import { balancesByBody, balancesByQuery } from './balance-filters';
import { balanceView } from './balances';
import { errorReply, notHeld, unknownPath } from './errors';
import { readConditions, readFilterBody, readFilterQuery, type Filter } from './filters';
import { hasScope, makeKey, sentCoreKey, type BlnkKeys, type CoreKey } from './keys';
import type { Ledger } from './ledger';
import { DOWN, type Outage } from './outage';
import { readPosting, type PostingPath } from './posting';
import { fullView, idView, referenceView } from './rows';
import { select } from './select';

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
  const [indicator, name = '', currency, code = ''] = rest;
  const route = `${request.method} ${resource} ${rest.length}`;
  if (route === 'GET balances 4' && indicator === 'indicator' && currency === 'currency') {
    return balance(ledger, name, code);
  }
  if (route === 'GET balances 0') return balancesByQuery(ledger, request.query);
  if (route === 'POST balances 1' && indicator === 'filter') {
    return balancesByBody(ledger, request.body);
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

async function post(ledger: Ledger, body: string, path: PostingPath): Promise<Reply> {
  const read = readPosting(body, path);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return errorReply(read.refusal);
  const outcome = await ledger.post(read.posting);
  if (outcome.kind === 'refused') return errorReply(outcome.refusal);
  return { status: 201, json: outcome.view };
}

function filterByBody(ledger: Ledger, body: string): Reply {
  const read = readFilterBody(body);
  if (!read.ok) return errorReply({ code: 'GEN_VALIDATION_ERROR', message: read.message });
  const { limit, offset, logical_operator, sort_by, sort_order, include_count } = read.options;
  if (sort_by !== '' && sort_by !== 'created_at') {
    return notHeld(`sorting by "${sort_by}"`);
  }
  return list(ledger, read.filters, {
    // Above 100 Core does not say no: it gives 20.
    limit: limit > 0 && limit <= 100 ? limit : 20,
    offset: Math.max(0, offset),
    combine: logical_operator.toLowerCase() === 'or' ? 'or' : 'and',
    oldestFirst: sort_order.toLowerCase() === 'asc',
    counted: include_count,
  });
}

function filterByQuery(ledger: Ledger, query: URLSearchParams): Reply {
  const { filters, problems } = readFilterQuery(query);
  if (problems.length > 0) {
    return errorReply({
      code: 'GEN_VALIDATION_ERROR',
      message: 'invalid filter parameters',
      legacyKey: 'errors',
      details: problems,
    });
  }
  const number = (name: string, otherwise: number) => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isInteger(value) && value >= 0 ? value : otherwise;
  };
  return list(ledger, filters, {
    limit: Math.min(number('limit', 20) || 20, 1000),
    offset: number('offset', 0),
    combine: query.get('logical_operator')?.toLowerCase() === 'or' ? 'or' : 'and',
    oldestFirst: false,
    counted: false,
  });
}

function list(
  ledger: Ledger,
  filters: Filter[],
  options: Omit<Parameters<typeof select>[1], 'conditions'>,
): Reply {
  const read = readConditions(filters);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return errorReply(read.refusal);
  const { page, total } = select(ledger, { ...options, conditions: read.conditions });
  const rows = page.map((row) => fullView(row, ledger.salt));
  if (!options.counted) return { status: 200, json: rows };
  // Core counts in the rows themselves: an empty page has no total_count at all.
  return {
    status: 200,
    json: rows.length === 0 ? { data: [] } : { data: rows, total_count: total },
  };
}

function byId(ledger: Ledger, id: string): Reply {
  const row = ledger.byId(id);
  if (row !== null) return { status: 200, json: idView(row, ledger.salt) };
  const message = `Transaction with ID '${id}' not found`;
  return errorReply({ code: 'TXN_NOT_FOUND', message, details: {} });
}

function byReference(ledger: Ledger, reference: string): Reply {
  const row = ledger.byReference(reference);
  if (row !== null) return { status: 200, json: referenceView(row, ledger.salt) };
  const message = `Transaction with reference '${reference}' not found`;
  return errorReply({ code: 'TXN_NOT_FOUND', message, details: {} });
}

function balance(ledger: Ledger, indicator: string, currency: string): Reply {
  const found = ledger.balances.find(indicator, currency);
  if (found !== null) return { status: 200, json: balanceView(found) };
  const message = `balance with indicator '${indicator}' not found`;
  return errorReply({ code: 'BAL_NOT_FOUND', message });
}
