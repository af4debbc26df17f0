/**
 * What Blnk Cloud says of balances and of what stands on them, through its Data API. Its guide shows neither the
 * turnovers in a balance nor a filter by a balance: both are Core's own, and an answer without them, or with what was
 * not asked for, is refused. The order of rows is not documented either: pages are counted against the total.
 */
import { SyncError } from '../domain/errors';
import type { LedgerBalance, LedgerBalances, LedgerRow } from '../domain/ledger-balances';
import { inBatches } from './batches';
import { RECOUNT } from './core-balances';
import type { BlnkHttp } from './http';
import { assertRead } from './posting';
import { parseAnswer } from './schema';
import { pastOf, rowsPage, toBalance, toLine, toRow, turnoversPage } from './schema-balances';

/** As for look-ups: a value takes 1,000 characters, and the largest page is not documented. */
const NAMES = { count: 20, characters: 1_000 };
const SIZE = '50';

export function createCloudBalances(
  http: Pick<BlnkHttp, 'exchange'>,
  instance: Readonly<Record<string, string>>,
): LedgerBalances {
  async function get(path: string, query: Record<string, string>, signal: AbortSignal) {
    return http.exchange(
      { method: 'GET', path, query: { ...instance, ...query }, right: 'data:read' },
      signal,
    );
  }

  async function rowsOf(query: Record<string, string>, page: number, signal: AbortSignal) {
    const paged = { ...query, page: String(page), pageSize: SIZE };
    const answer = await get('/data/transactions', paged, signal);
    assertRead(answer);
    return parseAnswer(rowsPage, answer.body);
  }

  async function named(names: readonly string[], signal: AbortSignal) {
    const found = new Map<string, LedgerBalance>();
    for (let page = 1; ; page += 1) {
      const known = found.size;
      const query = { indicator_in: names.join(','), page: String(page), pageSize: SIZE };
      const answer = await get('/data/balances', query, signal);
      assertRead(answer);
      const { data, total } = parseAnswer(turnoversPage, answer.body);
      for (const row of data ?? []) found.set(row.balance_id, toBalance(row, names));
      if (found.size >= total) return [...found.values()];
      assertTurned(found.size > known);
    }
  }

  async function annotate(id: string, meta_data: object, signal: AbortSignal) {
    const path = `/proxy/${encodeURIComponent(id)}/metadata`;
    const body = { meta_data };
    const request = { method: 'POST', path, query: instance, body, right: 'data:write' } as const;
    assertRead(await http.exchange(request, signal));
  }

  return {
    turnoversOf: (names, signal) => inBatches(names, NAMES, signal, named),

    async turnoversAt(balanceId, at, signal) {
      const path = `/proxy/balances/${encodeURIComponent(balanceId)}/at`;
      const query = { timestamp: at.toISOString(), from_source: 'true' };
      return pastOf(await get(path, query, signal));
    },

    async linesOn(balanceId, from, signal) {
      const { time, page, read } = positionOf(from);
      const query = { balance_id_eq: balanceId, status_eq: 'APPLIED', created_at_gte: time };
      const { data, total } = await rowsOf(query, page, signal);
      const lines = (data ?? []).map((row) => toLine(row, balanceId));
      const all = read + lines.length;
      if (all >= total) return { lines, next: null };
      assertTurned(lines.length > 0);
      return { lines, next: `${time} ${page + 1} ${all}` };
    },

    async rowsUnder(references, signal) {
      const { data } = await rowsOf({ reference_in: references.join(',') }, 1, signal);
      return (data ?? []).map(toRow);
    },

    async rowsWith(key, value, signal) {
      const found = new Map<string, LedgerRow>();
      for (let page = 1; ; page += 1) {
        const known = found.size;
        const { data, total } = await rowsOf({ [`meta_data.${key}_eq`]: value }, page, signal);
        for (const row of data ?? []) found.set(row.transaction_id, toRow(row));
        if (found.size >= total) return [...found.values()];
        assertTurned(found.size > known);
      }
    },

    annotate,
    recount: (balanceId, signal) => annotate(balanceId, RECOUNT, signal),
  };
}

/** Taking the rest of a total as absent would not be safe, and reading on might never end. */
function assertTurned(isFurther: boolean): void {
  if (!isFurther) throw new SyncError('BLNK_BAD_ANSWER', { field: 'total' });
}

interface Position {
  readonly time: string;
  readonly page: number;
  /** In the pages before. */
  readonly read: number;
}

function positionOf(from: Date | string): Position {
  if (from instanceof Date) return { time: from.toISOString(), page: 1, read: 0 };
  const [, time, page, read] = /^(\S+) (\d+) (\d+)$/.exec(from) ?? [];
  if (time === undefined) throw new Error(`Not the end of a page of Blnk Cloud: ${from}`);
  return { time, page: Number(page), read: Number(read) };
}
