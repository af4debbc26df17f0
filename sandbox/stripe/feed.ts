/**
 * Stripe's lists: one total order (created, then a hidden sequence, newest first) over stored and
 * computed rows, and pages cut out of it relative to an object, never by offset.
 */

export interface Position {
  readonly created: number;
  /** Orders rows of the same second; never shown. */
  readonly sequence: number;
}

export interface Row extends Position {
  readonly id: string;
}

/** Rows in ascending order. */
export interface Feed<T extends Row> {
  at(index: number): T | undefined;
  find(id: string): T | undefined;
  /** How many rows lie before a position. */
  below(position: Position): number;
}

function compare(left: Position, right: Position): number {
  return left.created - right.created || left.sequence - right.sequence;
}

export interface StoredFeed<T extends Row> extends Feed<T> {
  insert(row: T): void;
  rows(): readonly T[];
}

function createStoredFeed<T extends Row>(): StoredFeed<T> {
  const rows: T[] = [];
  const byId = new Map<string, T>();
  const below = (position: Position) =>
    lowestIndex(rows.length, (at) => {
      const row = rows[at];
      return row !== undefined && compare(row, position) >= 0;
    });
  return {
    at: (index) => rows[index],
    find: (id) => byId.get(id),
    below,
    rows: () => rows,
    insert: (row) => {
      if (byId.has(row.id)) throw new Error(`${row.id} exists already.`);
      byId.set(row.id, row);
      rows.splice(below(row), 0, row);
    },
  };
}

/** All rows of one kind: those that are computed, if any, and those that were stored. */
export interface Collection<T extends Row> {
  readonly feeds: readonly Feed<T>[];
  readonly stored: StoredFeed<T>;
  find(id: string): T | undefined;
}

export function createCollection<T extends Row>(computed?: Feed<T>): Collection<T> {
  const stored = createStoredFeed<T>();
  const feeds = computed === undefined ? [stored] : [computed, stored];
  return {
    feeds,
    stored,
    find: (id) => {
      for (const feed of feeds) {
        const row = feed.find(id);
        if (row !== undefined) return row;
      }
      return undefined;
    },
  };
}

/** The first index in 0..size for which the (monotonic) question is true, else size. */
export function lowestIndex(size: number, isTrue: (index: number) => boolean): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface PageQuery<T extends Row> {
  /** Bounds on `created`, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** `starting_after`: the page continues below this row. */
  readonly after?: T | undefined;
  /** `ending_before`: the page ends above this row. */
  readonly before?: T | undefined;
  readonly shows: (row: T) => boolean;
}

/** One page, newest first. */
export function page<T extends Row>(feeds: readonly Feed<T>[], query: PageQuery<T>) {
  const { from, to, limit, after, before, shows } = query;
  const cursor = after ?? before;
  // Stripe's own engineers report that a cursor from outside the window silently ends the list: the
  // page is empty and says that nothing follows. Clients that carry cursors along must fail here.
  if (cursor !== undefined && (cursor.created < from || cursor.created > to)) {
    return { rows: [], hasMore: false };
  }
  const rows: T[] = [];
  const ascending = before !== undefined;
  const start = cursor ?? { created: to + 1, sequence: -1 };
  for (const row of walk(feeds, start, ascending)) {
    if (row.created < from || row.created > to) break;
    if (!shows(row)) continue;
    rows.push(row);
    if (rows.length > limit) break;
  }
  const hasMore = rows.length > limit;
  const shown = rows.slice(0, limit);
  return { rows: ascending ? shown.reverse() : shown, hasMore };
}

/** All rows on one side of a position, nearest first, merged from all feeds. */
function* walk<T extends Row>(feeds: readonly Feed<T>[], start: Position, ascending: boolean) {
  const step = ascending ? 1 : -1;
  const heads = feeds.map((feed) => {
    const at = feed.below(start);
    const row = feed.at(at);
    // The row at the position itself belongs to neither side.
    const isStart = row !== undefined && compare(row, start) === 0;
    const index = ascending ? at + (isStart ? 1 : 0) : at - 1;
    return { feed, index, row: feed.at(index) };
  });
  for (;;) {
    let next: { head: (typeof heads)[number]; row: T } | undefined;
    for (const head of heads) {
      const { row } = head;
      if (row === undefined) continue;
      if (next === undefined || compare(row, next.row) * step < 0) next = { head, row };
    }
    if (next === undefined) return;
    yield next.row;
    const { head } = next;
    head.index += step;
    head.row = head.feed.at(head.index);
  }
}
