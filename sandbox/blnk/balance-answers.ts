/** Core's answers about balances: by name, and by ids in the two ways it reads filters, where none is null. */
import type { Reply } from '../exchange';
import { balanceView } from './balances';
import { errorReply, invalidFilters, notHeld } from './errors';
import { readFilterBody, readFilterQuery, type Filter } from './filters';
import type { Ledger } from './ledger';

export function balancesByBody(ledger: Ledger, body: string): Reply {
  const read = readFilterBody(body);
  if (!read.ok) return errorReply({ code: 'GEN_VALIDATION_ERROR', message: read.message });
  const { limit, offset } = read.options;
  return list(ledger, read.filters, limit, offset);
}

export function balancesByQuery(ledger: Ledger, query: URLSearchParams): Reply {
  const { filters, problems } = readFilterQuery(query);
  if (problems.length > 0) return invalidFilters(problems);
  return list(ledger, filters, Number(query.get('limit') ?? 20), 0);
}

function list(ledger: Ledger, filters: Filter[], limit: number, offset: number): Reply {
  const [filter, ...more] = filters;
  if (filter?.field !== 'balance_id' || filter.operator !== 'in' || more.length > 0) {
    return notHeld('list of balances but by "balance_id in"');
  }
  if (filter.values.length === 0) {
    const message = `Invalid filter: operator 'in' for field 'balance_id' requires at least one value in 'values'`;
    return errorReply({ code: 'GEN_BAD_REQUEST', message, details: {} });
  }
  const found = ledger.balances.byIds(filter.values.map(String)).slice(offset, offset + limit);
  return { status: 200, json: found.length === 0 ? null : found.map(balanceView) };
}

export function balanceByIndicator(ledger: Ledger, indicator: string, currency: string): Reply {
  const found = ledger.balances.find(indicator, currency);
  if (found !== null) return { status: 200, json: balanceView(found) };
  const message = `balance with indicator '${indicator}' not found`;
  return errorReply({ code: 'BAL_NOT_FOUND', message });
}
