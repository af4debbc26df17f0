/**
 * What a test or the demo may ask of the stand-in beside Blnk's own API: totals, rows, locks, the mode
 * of the queue, alerts, that it forgets, and that a balance is wrong.
 */
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler } from '../exchange';
import type { Alerts } from './alerts';
import { balanceView } from './balances';
import type { Ledgers } from './ledgers';
import { readMoment } from './moment';
import { fullView, type Row } from './rows';

const lock = z.strictObject({
  /** The "@name"; its balances of all currencies are locked. */
  balance: z.string().startsWith('@'),
  seconds: z.int().positive().optional(),
  waitMs: z.int().nonnegative().optional(),
});
const queue = z.strictObject({ mode: z.enum(['work', 'hold', 'lose']) });

/** What the ledger's own database loses: a failover or a crash the newest, a restore all since the dump. */
const forget = z.union([
  z.strictObject({ newest: z.int().nonnegative() }),
  z.strictObject({ since: z.string().refine((text) => readMoment(text) !== null) }),
  z.strictObject({
    references: z.array(z.string()),
    /** Deleted from the database by somebody: the balances still count them. */
    rowsOnly: z.boolean().optional(),
  }),
]);

/** What a running balance is off by from now on, in minor units. */
const drift = z.strictObject({
  balance: z.string().startsWith('@'),
  currency: z.string(),
  debit: z
    .string()
    .regex(/^-?\d+$/)
    .default('0'),
  credit: z
    .string()
    .regex(/^-?\d+$/)
    .default('0'),
});

function rowsToForget(rows: readonly Row[], which: z.infer<typeof forget>): readonly Row[] {
  if ('newest' in which) return rows.slice(Math.max(0, rows.length - which.newest));
  if ('references' in which) {
    const references = new Set(which.references);
    return rows.filter(({ reference }) => references.has(reference));
  }
  const since = readMoment(which.since) ?? 0;
  return rows.filter(({ createdMicros }) => createdMicros >= since);
}

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
    // Silently, as a database that fails over or is restored: balances as well, and no error anywhere.
    'POST /sandbox/forget': (request) => {
      const parsed = jsonBody(request, forget);
      if (!parsed.ok) return parsed.reply;
      const book = asked(request.query);
      const seqs = rowsToForget(book.rows, parsed.value).map(({ seq }) => seq);
      const rowsOnly = 'rowsOnly' in parsed.value && parsed.value.rowsOnly === true;
      return { status: 200, json: { forgotten: book.forget(seqs, rowsOnly) } };
    },
    'POST /sandbox/drift': (request) => {
      const parsed = jsonBody(request, drift);
      if (!parsed.ok) return parsed.reply;
      const { balance: name, currency, debit, credit } = parsed.value;
      const book = asked(request.query);
      const balance = book.balances.find(name, currency);
      if (balance === null) return { status: 404, json: { error: 'No such balance.' } };
      const to = { debit: balance.debit + BigInt(debit), credit: balance.credit + BigInt(credit) };
      book.change(balance, to);
      return { status: 200, json: balanceView(balance) };
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
