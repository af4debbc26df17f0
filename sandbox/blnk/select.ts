/** Picks stored rows: by reference in constant time, otherwise by a walk from the newest. */
import type { Book } from './book';
import type { Condition } from './filters';
import type { Row } from './rows';

interface Selection {
  readonly conditions: readonly Condition[];
  readonly combine: 'and' | 'or';
  readonly oldestFirst: boolean;
  readonly limit: number;
  readonly offset: number;
  /** Without it the walk ends as soon as the page is full, and the total is that of the walk. */
  readonly counted: boolean;
}

type Rows = Pick<Book, 'rows' | 'byReference' | 'salt'>;

export function select(book: Rows, selection: Selection): { page: Row[]; total: number } {
  const { conditions, combine, limit, offset, counted } = selection;
  const page: Row[] = [];
  let total = 0;
  for (const row of candidates(book, selection)) {
    const matches = (condition: Condition) => condition.matches(row, book.salt);
    const all = combine === 'and' || conditions.length === 0;
    if (!(all ? conditions.every(matches) : conditions.some(matches))) continue;
    if (total >= offset && page.length < limit) page.push(row);
    total += 1;
    if (!counted && page.length === limit) break;
  }
  return { page, total };
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

function* walk(rows: readonly Row[], oldestFirst: boolean): Iterable<Row> {
  const count = rows.length;
  for (let step = 0; step < count; step += 1) {
    const row = rows[oldestFirst ? step : count - 1 - step];
    if (row !== undefined) yield row;
  }
}
