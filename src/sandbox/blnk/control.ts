// What a test or the demo may ask of the stand-in beside Blnk's own API: totals, rows, locks, the mode
// of the queue.
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler } from '../stand-in';
import type { Ledger } from './ledger';
import { fullView } from './rows';

const lock = z.strictObject({
  /** The "@name"; its balances of all currencies are locked. */
  balance: z.string().startsWith('@'),
  seconds: z.int().positive().optional(),
  waitMs: z.int().nonnegative().optional(),
});
const queue = z.strictObject({ mode: z.enum(['work', 'hold', 'lose']) });

export function blnkControl(ledger: Ledger): Record<string, Handler> {
  const showLocks = (status: number) => ({ status, json: { locks: ledger.locks.list() } });
  const showQueue = () => ({ status: 200, json: { mode: ledger.queue.mode() } });
  return {
    'GET /sandbox/totals': () => ({ status: 200, json: ledger.totals() }),
    // Oldest first, all of them unless cut to a page.
    'GET /sandbox/transactions': ({ query }) => {
      const offset = Number(query.get('offset') ?? 0);
      const limit = Number(query.get('limit') ?? ledger.rows.length);
      const rows = ledger.rows.slice(offset, offset + limit);
      const data = rows.map((row) => fullView(row, ledger.salt));
      return { status: 200, json: { data, total: ledger.rows.length } };
    },
    'GET /sandbox/locks': () => showLocks(200),
    'POST /sandbox/locks': (request) => {
      const parsed = jsonBody(request, lock);
      if (!parsed.ok) return parsed.reply;
      const { balance, seconds, waitMs } = parsed.value;
      ledger.locks.hold(balance, {
        ...(seconds === undefined ? {} : { seconds }),
        ...(waitMs === undefined ? {} : { waitMs }),
      });
      return showLocks(201);
    },
    'DELETE /sandbox/locks': () => {
      ledger.locks.clear();
      return { status: 204 };
    },
    'GET /sandbox/queue': showQueue,
    'POST /sandbox/queue': (request) => {
      const parsed = jsonBody(request, queue);
      if (!parsed.ok) return parsed.reply;
      ledger.queue.setMode(parsed.value.mode);
      return showQueue();
    },
  };
}
