// What a test or the demo may ask of the stand-in beside Blnk's own API: totals, rows, locks, the mode
// of the queue, alerts.
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler } from '../stand-in';
import type { Alerts } from './alerts';
import type { Ledgers } from './ledgers';
import { fullView } from './rows';

const lock = z.strictObject({
  /** The "@name"; its balances of all currencies are locked. */
  balance: z.string().startsWith('@'),
  seconds: z.int().positive().optional(),
  waitMs: z.int().nonnegative().optional(),
});
const queue = z.strictObject({ mode: z.enum(['work', 'hold', 'lose']) });

export function blnkControl(
  ledgers: Pick<Ledgers, 'main' | 'of'>,
  alerts: Alerts,
): Record<string, Handler> {
  const ledger = ledgers.main;
  /** Core's, unless the query names an instance of Cloud. */
  const asked = (query: URLSearchParams) => {
    const instanceId = query.get('instance_id');
    return instanceId === null ? ledger : ledgers.of(instanceId);
  };
  const showLocks = (status: number) => ({ status, json: { locks: ledger.locks.list() } });
  const showQueue = () => ({ status: 200, json: { mode: ledger.queue.mode() } });
  return {
    'GET /sandbox/totals': ({ query }) => ({ status: 200, json: asked(query).totals() }),
    // Oldest first, all of them unless cut to a page.
    'GET /sandbox/transactions': ({ query }) => {
      const { rows, salt } = asked(query);
      const offset = Number(query.get('offset') ?? 0);
      const limit = Number(query.get('limit') ?? rows.length);
      const data = rows.slice(offset, offset + limit).map((row) => fullView(row, salt));
      return { status: 200, json: { data, total: rows.length } };
    },
    // Of every instance, oldest first.
    'GET /sandbox/alerts': () => ({ status: 200, json: { alerts: alerts.list() } }),
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
