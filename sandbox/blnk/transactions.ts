/** Core's answers about transactions: posting one, and finding those that are there. */
import type { Reply } from '../exchange';
import { errorReply, invalidFilters, notHeld } from './errors';
import { readConditions, readFilterBody, readFilterQuery, type Filter } from './filters';
import type { Ledger } from './ledger';
import { readPosting, type PostingPath } from './posting';
import { fullView, idView, referenceView } from './rows';
import { select } from './select';

export async function post(ledger: Ledger, body: string, path: PostingPath): Promise<Reply> {
  const read = readPosting(body, path);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return errorReply(read.refusal);
  const outcome = await ledger.post(read.posting);
  if (outcome.kind === 'refused') return errorReply(outcome.refusal);
  return { status: 201, json: outcome.view };
}

export function filterByBody(ledger: Ledger, body: string): Reply {
  const read = readFilterBody(body);
  if (!read.ok) return errorReply({ code: 'GEN_VALIDATION_ERROR', message: read.message });
  const { limit, offset, logical_operator, sort_by, sort_order, include_count } = read.options;
  if (sort_by !== '' && sort_by !== 'created_at' && sort_by !== 'transaction_id') {
    return notHeld(`sorting by "${sort_by}"`);
  }
  return list(ledger, read.filters, {
    limit,
    offset,
    combine: logical_operator.toLowerCase() === 'or' ? 'or' : 'and',
    oldestFirst: sort_order.toLowerCase() === 'asc',
    ...(sort_by === '' ? {} : { sortBy: sort_by }),
    counted: include_count,
  });
}

export function filterByQuery(ledger: Ledger, query: URLSearchParams): Reply {
  const { filters, problems } = readFilterQuery(query);
  if (problems.length > 0) return invalidFilters(problems);
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

export function byId(ledger: Ledger, id: string): Reply {
  const row = ledger.byId(id);
  if (row !== null) return { status: 200, json: idView(row, ledger.salt) };
  const message = `Transaction with ID '${id}' not found`;
  return errorReply({ code: 'TXN_NOT_FOUND', message, details: {} });
}

export function byReference(ledger: Ledger, reference: string): Reply {
  const row = ledger.byReference(reference);
  if (row !== null) return { status: 200, json: referenceView(row, ledger.salt) };
  const message = `Transaction with reference '${reference}' not found`;
  return errorReply({ code: 'TXN_NOT_FOUND', message, details: {} });
}
