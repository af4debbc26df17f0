/** A self-hosted Blnk Core. */
import { SyncError } from '../domain/errors';
import type { Ledger } from '../domain/ledger';
import { inBatches } from './batches';
import { createCoreBalances } from './core-balances';
import { createCoreNames } from './core-names';
import { createCoreRows } from './core-rows';
import { createBlnkHttp, type BlnkHttp, type BlnkHttpOptions } from './http';
import { assertRead, assertRefused, EMPTY_POSTING, outcomeOf, toWire } from './posting';
import { parseAnswer, toEntry, transactions } from './schema';

/** Above 100 Core silently answers with 20 rows, and everything else would look absent. */
const LOOK_UP = { count: 100, characters: 100_000 };

/** Core counts both posting and filtering as this right. */
const RIGHT = 'transactions:write';

export function createCoreLedger(options: Omit<BlnkHttpOptions, 'authorization'>): Ledger {
  const http = createBlnkHttp({ ...options, authorization: (key) => ({ 'X-Blnk-Key': key }) });
  /** While its database is away Core refuses valid keys, since it cannot look them up; its health says so. */
  const exchange: BlnkHttp['exchange'] = async (request, signal) => {
    try {
      return await http.exchange(request, signal);
    } catch (error) {
      if (!(error instanceof SyncError && error.code === 'BLNK_KEY_REJECTED')) throw error;
      await assertUp(signal);
      throw error;
    }
  };
  /** @throws SyncError BLNK_UNAVAILABLE when Core says that it is down; whatever else it says proves nothing */
  const assertUp = async (signal: AbortSignal) => {
    try {
      await http.attempt({ method: 'GET', path: '/health', right: RIGHT }, signal);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'BLNK_UNAVAILABLE') throw error;
    }
  };
  const post = (body: unknown, signal: AbortSignal, inTurn = false) =>
    exchange({ method: 'POST', path: '/transactions', body, right: RIGHT, inTurn }, signal);

  return {
    address: http.address,
    hasAnswered: () => http.hasAnswered(),

    lookUp: (all, signal) =>
      inBatches(all, LOOK_UP, signal, async (batch, signal) => {
        const answer = await exchange(
          {
            method: 'POST',
            path: '/transactions/filter',
            body: {
              filters: [{ field: 'reference', operator: 'in', values: batch }],
              limit: LOOK_UP.count,
            },
            right: RIGHT,
          },
          signal,
        );
        assertRead(answer);
        return parseAnswer(transactions, answer.body).map(toEntry);
      }),

    indicatorsOf: createCoreNames({ ...http, exchange }),
    ...createCoreBalances({ exchange }),
    ...createCoreRows({ exchange }),

    async post(posting, signal) {
      return outcomeOf(await post(toWire(posting), signal, true));
    },

    async probeWrite(signal) {
      const answer = await post(EMPTY_POSTING, signal);
      assertRefused(answer);
      // Since 0.15 every error of Core has a code.
      if (answer.code === '') throw new SyncError('BLNK_TOO_OLD');
    },
  };
}
