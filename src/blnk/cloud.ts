/** Blnk Cloud: postings through the Proxy API, reads through the Data API, one instance. */
import { SyncError } from '../domain/errors';
import type { Ledger, LedgerEntry } from '../domain/ledger';
import { unlessForbidden } from './balance-names';
import { inBatches } from './batches';
import { createCloudBalances } from './cloud-balances';
import { createBlnkHttp, type BlnkHttpOptions } from './http';
import { assertRead, assertRefused, EMPTY_POSTING, outcomeOf, toWire } from './posting';
import { balancesPage, dataPage, namesOf, parseAnswer, toEntry } from './schema';

/**
 * The maximum page size is not documented; an answer that is cut short is read on below. Core's reader
 * of query filters, which the Data API most likely shares, takes at most 1,000 characters a value.
 */
const LOOK_UP = { count: 50, characters: 1_000 };

/** Ids of balances are 40 characters long: as many as a value takes, which is less than any page. */
const NAMES = { count: 20, characters: 1_000 };

export interface CloudOptions extends Omit<BlnkHttpOptions, 'authorization'> {
  readonly instanceId: string;
}

export function createCloudLedger(options: CloudOptions): Ledger {
  const http = createBlnkHttp({
    ...options,
    authorization: (key) => ({ Authorization: `Bearer ${key}` }),
  });
  const instance = { instance_id: options.instanceId };
  const post = (body: unknown, signal: AbortSignal, inTurn = false) =>
    http.exchange(
      {
        ...{ method: 'POST', path: '/proxy/transactions', query: instance, body },
        ...{ right: 'data:write', inTurn },
      },
      signal,
    );

  async function readPage(references: readonly string[], page: number, signal: AbortSignal) {
    const answer = await http.exchange(
      {
        method: 'GET',
        path: '/data/transactions',
        query: {
          ...instance,
          reference_in: references.join(','),
          page: String(page),
          pageSize: String(LOOK_UP.count),
        },
        right: 'data:read',
      },
      signal,
    );
    assertRead(answer);
    return parseAnswer(dataPage, answer.body);
  }

  return {
    address: `${http.address}#${options.instanceId}`,
    hasAnswered: () => http.hasAnswered(),

    lookUp: (all, signal) =>
      inBatches(all, LOOK_UP, signal, async (batch, signal) => {
        const entries = new Map<string, LedgerEntry>();
        for (let page = 1; ; page += 1) {
          const known = entries.size;
          const { data, total } = await readPage(batch, page, signal);
          for (const row of data) entries.set(row.transaction_id, toEntry(row));
          if (entries.size >= total) return [...entries.values()];
          // A total that its pages do not reach: taking the rest as absent would not be safe, and a
          // server that does not turn the page would be read for ever.
          if (entries.size === known) throw new SyncError('BLNK_BAD_ANSWER', { field: 'total' });
        }
      }),

    async indicatorsOf(balanceIds, signal) {
      const read = async (batch: readonly string[], signal: AbortSignal) => {
        const query = {
          ...instance,
          balance_id_in: batch.join(','),
          pageSize: String(NAMES.count),
        };
        const answer = await http.exchange(
          { method: 'GET', path: '/data/balances', query, right: 'data:read' },
          signal,
        );
        // Not one of the reads that Blnk documents by example: it may be refused.
        if (answer.status !== 200) return [undefined];
        return namesOf(parseAnswer(balancesPage, answer.body).data ?? []);
      };
      const names = await unlessForbidden(() => inBatches(balanceIds, NAMES, signal, read));
      return names?.every((name) => name !== undefined) ? new Map(names) : undefined;
    },

    ...createCloudBalances(http, instance),

    async post(posting, signal) {
      return outcomeOf(await post(toWire(posting), signal, true));
    },

    async probeWrite(signal) {
      assertRefused(await post(EMPTY_POSTING, signal));
    },
  };
}
