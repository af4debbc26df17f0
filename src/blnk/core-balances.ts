/**
 * What a Core says of its balances. Reading them takes a right that posting does not: `balances:read`, or
 * `balances:write`. Metadata takes the master key: no scope covers its path.
 */
import { SyncError } from '../domain/errors';
import type { LedgerBalance, LedgerBalances } from '../domain/ledger-balances';
import { inBatches, type BatchLimits } from './batches';
import type { BlnkHttp, BlnkRequest } from './http';
import { assertRead } from './posting';
import { parseAnswer } from './schema';
import { pastOf, toBalance, turnovers } from './schema-balances';

interface Way {
  readonly names: BatchLimits;
  /** Most balances in one answer. */
  readonly size: number;
  readonly request: (names: readonly string[], offset: number) => BlnkRequest;
}

const BY_QUERY: Way = {
  // A value of a query takes 1,000 characters.
  names: { count: 20, characters: 1_000 },
  size: 1_000,
  request: (names, offset) => ({
    method: 'GET',
    path: '/balances',
    query: { indicator_in: names.join(','), limit: '1000', offset: String(offset) },
    right: 'balances:read',
  }),
};

const BY_FILTER: Way = {
  names: { count: 100, characters: 100_000 },
  // Above 100 there would be 20.
  size: 100,
  request: (names, offset) => ({
    method: 'POST',
    path: '/balances/filter',
    body: {
      filters: [{ field: 'indicator', operator: 'in', values: names }],
      ...{ limit: 100, offset },
    },
    right: 'balances:write',
  }),
};

export function createCoreBalances(
  http: Pick<BlnkHttp, 'exchange'>,
): Pick<LedgerBalances, 'turnoversOf' | 'turnoversAt' | 'annotate' | 'recount'> {
  async function page(way: Way, names: readonly string[], offset: number, signal: AbortSignal) {
    const request = { ...way.request(names, offset), nullIsEmpty: true };
    const answer = await http.exchange(request, signal);
    assertRead(answer);
    return parseAnswer(turnovers, answer.body).map((row) => toBalance(row, names));
  }

  async function all(way: Way, names: readonly string[], signal: AbortSignal) {
    const found = new Map<string, LedgerBalance>();
    for (let offset = 0; ; offset += way.size) {
      const known = found.size;
      const balances = await page(way, names, offset, signal);
      for (const balance of balances) found.set(balance.balanceId, balance);
      if (balances.length < way.size) return [...found.values()];
      // A server that does not turn the page would be read for ever.
      if (found.size === known) throw new SyncError('BLNK_BAD_ANSWER', { field: 'offset' });
    }
  }

  const read = (way: Way, names: readonly string[], signal: AbortSignal) =>
    inBatches(names, way.names, signal, (batch, within) => all(way, batch, within));

  async function annotate(id: string, meta_data: object, signal: AbortSignal) {
    const path = `/${encodeURIComponent(id)}/metadata`;
    const request = { method: 'POST', path, body: { meta_data }, right: 'master key' } as const;
    assertRead(await http.exchange(request, signal));
  }

  return {
    async turnoversOf(names, signal) {
      try {
        return await read(BY_QUERY, names, signal);
      } catch (refused) {
        if (!isForbidden(refused)) throw refused;
        return read(BY_FILTER, names, signal).catch((error: unknown) => {
          // The lesser right is the one to grant.
          throw isForbidden(error) ? refused : error;
        });
      }
    },

    async turnoversAt(balanceId, at, signal) {
      const answer = await http.exchange(
        {
          method: 'GET',
          path: `/balances/${encodeURIComponent(balanceId)}/at`,
          query: { timestamp: at.toISOString(), from_source: 'true' },
          right: 'balances:read',
        },
        signal,
      );
      return pastOf(answer);
    },

    annotate,
    recount: (balanceId, signal) => annotate(balanceId, RECOUNT, signal),
  };
}

/** Blnk's word for it. */
export const RECOUNT = { BLNK_RUN_RECONCILIATION: 'SOURCE' };

function isForbidden(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === 'BLNK_PERMISSION_MISSING';
}
