/**
 * Names of balances at a Core, by whichever right its key has: with `balances:write` a page takes one
 * request, with `balances:read` a few. A key that may only post learns none.
 */
import type { Ledger } from '../domain/ledger';
import { unlessForbidden } from './balance-names';
import { inBatches, type BatchLimits } from './batches';
import type { BlnkHttp, BlnkRequest } from './http';
import { balances, namesOf, parseAnswer } from './schema';

interface Way {
  readonly limits: BatchLimits;
  readonly request: (ids: readonly string[]) => BlnkRequest;
}

const WAYS: readonly Way[] = [
  {
    // As for transactions: above 100 there would be 20.
    limits: { count: 100, characters: 100_000 },
    request: (ids) => ({
      method: 'POST',
      path: '/balances/filter',
      body: { filters: [{ field: 'balance_id', operator: 'in', values: ids }], limit: 100 },
      right: 'balances:write',
    }),
  },
  {
    // A value of a query takes 1,000 characters.
    limits: { count: 20, characters: 1_000 },
    request: (ids) => ({
      method: 'GET',
      path: '/balances',
      query: { balance_id_in: ids.join(','), limit: '100' },
      right: 'balances:read',
    }),
  },
];

export function createCoreNames(http: BlnkHttp): Ledger['indicatorsOf'] {
  // The rights of a key are fixed when it is made, so what was refused is not asked for again.
  let first = 0;

  return async (balanceIds, signal) => {
    for (let at = first; at < WAYS.length; at += 1) {
      const way = WAYS[at];
      const names = way && (await ask(way, balanceIds, signal));
      if (names) return new Map(names);
      // Pages ask at the same time: whoever is refused first moves on for all.
      first = Math.max(first, at + 1);
    }
    return undefined;
  };

  /** undefined: the key may not, or this Core cannot. */
  async function ask(way: Way, ids: readonly string[], signal: AbortSignal) {
    const read = async (batch: readonly string[], signal: AbortSignal) => {
      const request = { ...way.request(batch), nullIsEmpty: true };
      const answer = await http.exchange(request, signal);
      return answer.status === 200 ? namesOf(parseAnswer(balances, answer.body)) : [undefined];
    };
    const names = await unlessForbidden(() => inBatches(ids, way.limits, signal, read));
    return names?.every((name) => name !== undefined) ? names : undefined;
  }
}
