/**
 * What stands on a balance at a Core, oldest first, from a time on. Pages go on at the time of their last
 * row, never by an offset: rows that come meanwhile would move those behind it. What shares that time with
 * the last row is read by the next page, so that no row is lost between two pages; more of one time than a page holds
 * (a ledger that was filled by a statement) are read by their ids.
 */
import { SyncError } from '../domain/errors';
import type { LedgerBalances, LedgerRow } from '../domain/ledger-balances';
import type { BlnkHttp } from './http';
import { assertRead } from './posting';
import { parseAnswer } from './schema';
import { rows, takenAt, toLine, toRow } from './schema-balances';

/** Above 100 Core silently answers with 20 rows. */
const SIZE = 100;

interface Position {
  readonly operator: 'gte' | 'gt' | 'eq';
  /** UTC: Core ignores the offset of a time. */
  readonly time: string;
  /** Of those of one time: how many were read. */
  readonly offset: number;
}

export function createCoreRows(
  http: Pick<BlnkHttp, 'exchange'>,
): Pick<LedgerBalances, 'linesOn' | 'rowsUnder' | 'rowsWith'> {
  async function filter(filters: readonly object[], options: object, signal: AbortSignal) {
    const body = { filters, limit: SIZE, ...options };
    const path = '/transactions/filter';
    const request = { method: 'POST', path, body, right: 'transactions:write' } as const;
    const answer = await http.exchange(request, signal);
    assertRead(answer);
    return parseAnswer(rows, answer.body);
  }

  return {
    async linesOn(balanceId, from, signal) {
      const position = positionOf(from);
      const { operator, time, offset } = position;
      const found = await filter(
        [
          { field: 'balance_id', operator: 'eq', value: balanceId },
          // What was rejected, or waits, has moved nothing.
          { field: 'status', operator: 'eq', value: 'APPLIED' },
          { field: 'created_at', operator, value: time },
        ],
        operator === 'eq'
          ? { sort_by: 'transaction_id', sort_order: 'asc', offset }
          : { sort_by: 'created_at', sort_order: 'asc' },
        signal,
      );
      const { read, next } = turn(position, found);
      return { lines: read.map((row) => toLine(row, balanceId)), next: next && textOf(next) };
    },

    async rowsUnder(references, signal) {
      const wanted = [{ field: 'reference', operator: 'in', values: references }];
      return (await filter(wanted, {}, signal)).map(toRow);
    },

    async rowsWith(key, value, signal) {
      const found = new Map<string, LedgerRow>();
      // By `eq`, which has an index: several values in one filter make Core read all rows.
      const wanted = [{ field: `meta_data.${key}`, operator: 'eq', value }];
      for (let offset = 0; ; offset += SIZE) {
        const page = await filter(wanted, { sort_by: 'transaction_id', offset }, signal);
        const known = found.size;
        for (const row of page) found.set(row.transaction_id, toRow(row));
        if (page.length < SIZE) return [...found.values()];
        if (found.size === known) throw new SyncError('BLNK_BAD_ANSWER', { field: 'offset' });
      }
    },
  };
}

type Row = Parameters<typeof takenAt>[0];

/** Which rows of a page count, and where the next one begins. */
function turn(
  { operator, time, offset }: Position,
  found: readonly Row[],
): { read: readonly Row[]; next: Position | null } {
  const last = found.at(-1);
  const isFull = last !== undefined && found.length >= SIZE;
  if (operator === 'eq') {
    const next = isFull
      ? ({ operator, time, offset: offset + SIZE } as const)
      : ({ operator: 'gt', time, offset: 0 } as const);
    return { read: found, next };
  }
  if (!isFull) return { read: found, next: null };
  const end = takenAt(last);
  const read = found.filter((row) => takenAt(row) !== end);
  // Rows before the time that was asked for: whoever went on there would read them for ever.
  if (end === time && read.length > 0) {
    throw new SyncError('BLNK_BAD_ANSWER', { field: 'created_at' });
  }
  return { read, next: { operator: read.length > 0 ? 'gte' : 'eq', time: end, offset: 0 } };
}

function textOf({ operator, time, offset }: Position): string {
  return `${operator} ${time} ${offset}`;
}

function positionOf(from: Date | string): Position {
  if (from instanceof Date) return { operator: 'gte', time: from.toISOString(), offset: 0 };
  const [, operator, time = '', offset] = /^(gte|gt|eq) (\S+) (\d+)$/.exec(from) ?? [];
  if (operator === 'gte' || operator === 'gt' || operator === 'eq') {
    return { operator, time, offset: Number(offset) };
  }
  throw new Error(`Not the end of a page of a Core: ${from}`);
}
