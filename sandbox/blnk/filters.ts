/**
 * Filters over stored transactions, in the two ways Core reads them: a JSON body, and a query of
 * `field_operator=value`. Fields and operators that the product has no use for are refused loudly.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Refusal } from './errors';
import { readMoment } from './moment';
import { transactionId, type Row } from './rows';

export interface Filter {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly unknown[];
}

export interface Condition {
  /** Where only these references can match: saves the walk over all rows. */
  readonly references: string[] | null;
  matches(row: Row, salt: number): boolean;
}

export type Conditions =
  | { readonly kind: 'conditions'; readonly conditions: Condition[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'not held'; readonly what: string };

const VALID_FIELDS = new Set(
  (
    'transaction_id parent_transaction amount currency source destination balance_id reference ' +
    'status created_at effective_date indicator description precision meta_data'
  ).split(' '),
);
const OPERATORS = 'eq ne gt gte lt lte in between like ilike isnull isnotnull'.split(' ');

const TEXT_FIELDS: Record<string, (row: Row, salt: number) => string> = {
  reference: (row) => row.reference,
  status: (row) => row.status,
  currency: (row) => row.currency,
  description: (row) => row.description,
  source: (row) => row.source.id,
  destination: (row) => row.destination.id,
  transaction_id: (row, salt) => transactionId(salt, row.seq),
  parent_transaction: (row, salt) =>
    row.parentSeq === null ? '' : transactionId(salt, row.parentSeq),
};

export function readConditions(filters: Filter[]): Conditions {
  const conditions: Condition[] = [];
  for (const { field, operator, values } of filters) {
    const problem = problemOf(field, operator, values);
    if (problem !== null) {
      const message = `Invalid filter: ${problem}`;
      return { kind: 'refused', refusal: { code: 'GEN_BAD_REQUEST', message, details: {} } };
    }
    if (field === 'created_at') {
      const read = timeCondition(operator, values);
      if (read === null) return { kind: 'not held', what: `filter "${field} ${operator}"` };
      if ('code' in read) return { kind: 'refused', refusal: read };
      conditions.push(read);
      continue;
    }
    if (operator !== 'eq' && operator !== 'in') {
      return { kind: 'not held', what: `filter operator "${operator}"` };
    }
    const read = TEXT_FIELDS[field];
    if (field.startsWith('meta_data.')) {
      conditions.push(metaCondition(field.slice('meta_data.'.length), values));
    } else if (field === 'balance_id') {
      conditions.push(balanceCondition(values));
    } else if (read !== undefined) {
      const wanted = new Set(values.map(String));
      conditions.push({
        references: field === 'reference' ? [...wanted] : null,
        matches: (row, salt) => wanted.has(read(row, salt)),
      });
    } else {
      return { kind: 'not held', what: `filter on "${field}"` };
    }
  }
  return { kind: 'conditions', conditions };
}

function problemOf(field: string, operator: string, values: readonly unknown[]): string | null {
  if (!OPERATORS.includes(operator)) {
    return `invalid operator '${operator}' for field '${field}': must be one of ${OPERATORS.join(', ')}`;
  }
  if (operator === 'in' && values.length === 0) {
    return `operator 'in' for field '${field}' requires at least one value in 'values'`;
  }
  if (operator === 'between' && values.length !== 2) {
    return `operator 'between' for field '${field}' requires exactly two values in 'values', got ${values.length}`;
  }
  if (field.startsWith('meta_data.')) {
    const key = field.slice('meta_data.'.length);
    return /^[a-zA-Z][a-zA-Z0-9_]*$/.test(key)
      ? null
      : `invalid JSON key '${key}' in field '${field}': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$`;
  }
  return VALID_FIELDS.has(field) ? null : `invalid field '${field}' for table 'transactions'`;
}

/** Either side of a transaction. */
function balanceCondition(values: readonly unknown[]): Condition {
  const wanted = new Set(values.map(String));
  return {
    references: null,
    matches: ({ source, destination }) => wanted.has(source.id) || wanted.has(destination.id),
  };
}

const COMPARE: Record<string, (micros: number, first: number, second: number) => boolean> = {
  eq: (micros, first) => micros === first,
  gt: (micros, first) => micros > first,
  gte: (micros, first) => micros >= first,
  lt: (micros, first) => micros < first,
  lte: (micros, first) => micros <= first,
  between: (micros, first, second) => micros >= first && micros <= second,
};

/** Core keeps times without a zone, and ignores the offset of what it compares them with. */
function timeCondition(operator: string, values: readonly unknown[]): Condition | Refusal | null {
  const compare = COMPARE[operator];
  if (compare === undefined) return null;
  const [first, second = 0] = values.map((value) =>
    readMoment(String(value).replace(/[+-]\d\d:\d\d$/, 'Z')),
  );
  if (first === null || first === undefined || second === null) {
    return { code: 'GEN_INTERNAL', message: 'Failed to retrieve transactions' };
  }
  return {
    references: null,
    matches: ({ createdMicros }) => compare(createdMicros, first, second),
  };
}

function metaCondition(key: string, values: readonly unknown[]): Condition {
  const texts = values.map((value) => JSON.stringify(value));
  return {
    references: null,
    matches: ({ metaJson }) => {
      // Most rows are out by their text alone, without parsing a million of them.
      if (metaJson === null || !texts.some((text) => metaJson.includes(text))) return false;
      const stored = (JSON.parse(metaJson) as Record<string, unknown>)[key];
      return values.some((value) => isDeepStrictEqual(stored, value));
    },
  };
}

const orElse = <T extends z.ZodType, D>(type: T, otherwise: D) =>
  type.nullish().transform((value) => value ?? otherwise);

const body = z.object({
  filters: orElse(
    z.array(
      z.object({
        field: orElse(z.string(), ''),
        operator: orElse(z.string(), ''),
        value: z.unknown().optional(),
        values: orElse(z.array(z.unknown()), []),
      }),
    ),
    [],
  ),
  logical_operator: orElse(z.string(), ''),
  limit: orElse(z.int(), 0),
  offset: orElse(z.int(), 0),
  sort_by: orElse(z.string(), ''),
  sort_order: orElse(z.string(), ''),
  include_count: orElse(z.boolean(), false),
});

export type FilterBody =
  | {
      readonly ok: true;
      readonly filters: Filter[];
      readonly options: Omit<z.infer<typeof body>, 'filters'>;
    }
  | { readonly ok: false; readonly message: string };

export function readFilterBody(text: string): FilterBody {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, message: text === '' ? 'EOF' : String(error) };
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) return { ok: false, message: `json: ${parsed.error.message}` };
  const { filters, limit, offset, ...options } = parsed.data;
  return {
    ok: true,
    options: {
      ...options,
      // Above 100 Core does not say no: it gives 20.
      limit: limit > 0 && limit <= 100 ? limit : 20,
      offset: Math.max(0, offset),
    },
    filters: filters.map(({ field, operator, value, values }) => ({
      field,
      operator,
      values: ['in', 'between'].includes(operator) ? values : value === undefined ? [] : [value],
    })),
  };
}

const RESERVED = new Set(
  'page pagesize per_page limit offset sort order order_by order_dir logical_operator instance_id org_id'.split(
    ' ',
  ),
);

const SEPARATORS: Record<string, string> = { in: ',', between: '|' };
const trim = (part: string) => part.trim();

export interface QueryProblem {
  readonly Param: string;
  readonly Message: string;
}

/** Core's limits of a query, which a body does not have: 1,000 characters and 100 values a filter. */
export function readFilterQuery(query: URLSearchParams): {
  filters: Filter[];
  problems: QueryProblem[];
} {
  const filters: Filter[] = [];
  const problems: QueryProblem[] = [];
  for (const [key, value] of query) {
    const cut = key.lastIndexOf('_');
    const operator = key.slice(cut + 1).toLowerCase();
    // Whatever does not end in an operator is no filter, and is ignored.
    if (cut < 1 || RESERVED.has(key.toLowerCase()) || !OPERATORS.includes(operator)) continue;
    const separator = SEPARATORS[operator];
    const values = separator === undefined ? [value] : value.split(separator).map(trim);
    if (value.length > 1000) {
      problems.push({ Param: key, Message: 'value exceeds maximum length (1000 chars)' });
    } else if (values.length > 100) {
      problems.push({ Param: key, Message: 'IN operator exceeds maximum values (100)' });
    } else {
      filters.push({ field: key.slice(0, cut), operator, values });
    }
  }
  return { filters, problems };
}
