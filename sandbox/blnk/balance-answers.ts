/**
 * Core's answers about balances: by name, by id, and by filters in the two ways it reads them, where none
 * is null; and what a balance was at a moment.
 */
import type { Reply } from '../exchange';
import { balanceView, type Balance } from './balances';
import { errorReply, invalidFilters, notHeld, type Refusal } from './errors';
import { readFilterBody, readFilterQuery, type Filter } from './filters';
import type { Ledger } from './ledger';
import { plainNumber } from './money';
import { readMoment, writeMoment } from './moment';
import { turnoversOf } from './snapshots';

const FIELDS: Record<string, (balance: Balance) => string> = {
  balance_id: ({ id }) => id,
  indicator: ({ indicator }) => indicator,
  currency: ({ currency }) => currency,
};

export function balancesByBody(ledger: Ledger, body: string): Reply {
  const read = readFilterBody(body);
  if (!read.ok) return errorReply({ code: 'GEN_VALIDATION_ERROR', message: read.message });
  const { limit: size, offset, include_count: counted } = read.options;
  return list(ledger, read.filters, { size, offset, counted });
}

export function balancesByQuery(ledger: Ledger, query: URLSearchParams): Reply {
  const { filters, problems } = readFilterQuery(query);
  if (problems.length > 0) return invalidFilters(problems);
  const size = Math.min(1000, Number(query.get('limit') ?? 10));
  return list(ledger, filters, { size, offset: Number(query.get('offset') ?? 0), counted: false });
}

interface Page {
  readonly size: number;
  readonly offset: number;
  readonly counted: boolean;
}

function list(ledger: Ledger, filters: readonly Filter[], { size, offset, counted }: Page): Reply {
  const read = selectBalances(ledger, filters);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return errorReply(read.refusal);
  const page = read.balances.slice(offset, offset + size).map(balanceView);
  const data = page.length === 0 ? null : page;
  if (!counted) return { status: 200, json: data };
  const total = data === null ? {} : { total_count: read.balances.length };
  return { status: 200, json: { data, ...total } };
}

type Selected =
  | { readonly kind: 'balances'; readonly balances: Balance[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'not held'; readonly what: string };

/** Newest first. */
export function selectBalances(ledger: Ledger, filters: readonly Filter[]): Selected {
  if (filters.length === 0) return { kind: 'not held', what: 'list of all balances' };
  let balances = ledger.balances.all().sort((a, b) => b.createdMicros - a.createdMicros);
  for (const { field, operator, values } of filters) {
    const read = FIELDS[field];
    if (read === undefined || (operator !== 'eq' && operator !== 'in')) {
      return { kind: 'not held', what: `list of balances by "${field} ${operator}"` };
    }
    if (operator === 'in' && values.length === 0) {
      const message = `Invalid filter: operator 'in' for field '${field}' requires at least one value in 'values'`;
      return { kind: 'refused', refusal: { code: 'GEN_BAD_REQUEST', message, details: {} } };
    }
    const wanted = new Set(values.map(String));
    balances = balances.filter((balance) => wanted.has(read(balance)));
  }
  return { kind: 'balances', balances };
}

export function balanceByIndicator(ledger: Ledger, indicator: string, currency: string): Reply {
  const found = ledger.balances.find(indicator, currency);
  if (found !== null) return { status: 200, json: balanceView(found) };
  const message = `balance with indicator '${indicator}' not found`;
  return errorReply({ code: 'BAL_NOT_FOUND', message });
}

export function balanceById(ledger: Ledger, id: string): Reply {
  const found = ledger.balances.byId(id);
  if (found !== null) return { status: 200, json: balanceView(found) };
  const message = `Balance with ID '${id}' not found`;
  return errorReply({ code: 'BAL_NOT_FOUND', message, details: {} });
}

/** By the dates on which postings took effect, to the instant. */
export function balanceAt(
  ledger: Ledger,
  id: string,
  query: URLSearchParams,
  nowMicros: number,
): Reply {
  const asked = query.get('timestamp') ?? '';
  const micros = asked === '' ? nowMicros : readMoment(asked);
  if (micros === null) {
    const message =
      'invalid timestamp format. Please use ISO 8601 format (e.g., 2024-01-01T15:04:05Z)';
    return errorReply({ code: 'BAL_INVALID_TIMESTAMP', message });
  }
  const balance = ledger.balances.byId(id);
  if (balance === null) {
    const message = `Balance '${id}' not found`;
    return errorReply({ code: 'BAL_NOT_FOUND', message, details: {} });
  }
  const fromSource = ['true', '1'].includes(query.get('from_source') ?? '');
  const start = fromSource ? null : ledger.snapshotOf(balance, micros);
  const { debit, credit } = turnoversOf(ledger.rows, balance, micros, start);
  return {
    status: 200,
    json: {
      balance: {
        balance: plainNumber(credit - debit),
        balance_id: id,
        credit_balance: plainNumber(credit),
        currency: balance.currency,
        debit_balance: plainNumber(debit),
      },
      from_source: fromSource,
      timestamp: (asked === '' ? writeMoment(micros) : asked).replace(/\.\d+/, ''),
    },
  };
}
