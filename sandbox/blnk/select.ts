/**
 * Picks stored rows: by reference in constant time, otherwise by a walk from the newest. A row may be stored
 * after one that was made later, since it waited for a lock: who asks for an order gets all rows sorted.
 */
import type { Book } from './book';
import type { Condition } from './filters';
import { transactionId, type Row } from './rows';

interface Selection {
  readonly conditions: readonly Condition[];
  readonly combine: 'and' | 'or';
  readonly oldestFirst: boolean;
  /** Absent: none was asked for, and the order is that of storing. */
  readonly sortBy?: 'created_at' | 'transaction_id';
  readonly limit: number;
  readonly offset: number;
  /** Without it the walk ends as soon as the page is full, and the total is that of the walk. */
  readonly counted: boolean;
}

type Rows = Pick<Book, 'rows' | 'byReference' | 'salt'>;

export function select(book: Rows, selection: Selection): { page: Row[]; total: number } {
  const { limit, offset, counted, sortBy } = selection;
  const page: Row[] = [];
  let total = 0;
  const found = matching(book, selection);
  for (const row of sortBy === undefined
    ? found
    : sorted([...found], sortBy, selection, book.salt)) {
    if (total >= offset && page.length < limit) page.push(row);
    total += 1;
    if (!counted && page.length === limit) break;
  }
  return { page, total };
}

function* matching(book: Rows, selection: Selection): Iterable<Row> {
  const { conditions, combine } = selection;
  const all = combine === 'and' || conditions.length === 0;
  for (const row of candidates(book, selection)) {
    const matches = (condition: Condition) => condition.matches(row, book.salt);
    if (all ? conditions.every(matches) : conditions.some(matches)) yield row;
  }
}

function candidates(book: Rows, { conditions, combine, oldestFirst }: Selection): Iterable<Row> {
  const named = conditions.flatMap(({ references }) =>
    references === null ? [] : [references],
  )[0];
  if (combine === 'and' && named !== undefined) {
    const rows = named.map((one) => book.byReference(one)).filter((row) => row !== null);
    return rows.sort((a, b) => (oldestFirst ? a.seq - b.seq : b.seq - a.seq));
  }
  return walk(book.rows, oldestFirst);
}

function sorted(
  rows: Row[],
  sortBy: 'created_at' | 'transaction_id',
  { oldestFirst }: Pick<Selection, 'oldestFirst'>,
  salt: number,
): Row[] {
  const sign = oldestFirst ? 1 : -1;
  if (sortBy === 'created_at')
    return rows.sort((a, b) => sign * (a.createdMicros - b.createdMicros));
  const ids = new Map(rows.map((row) => [row, transactionId(salt, row.seq)]));
  const isBefore = (a: Row, b: Row) => (ids.get(a) ?? '') < (ids.get(b) ?? '');
  return rows.sort((a, b) => sign * (isBefore(a, b) ? -1 : 1));
}

function* walk(rows: readonly Row[], oldestFirst: boolean): Iterable<Row> {
  const count = rows.length;
  for (let step = 0; step < count; step += 1) {
    const row = rows[oldestFirst ? step : count - 1 - step];
    if (row !== undefined) yield row;
  }
}
