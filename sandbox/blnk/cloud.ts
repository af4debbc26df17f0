/**
 * The HTTP face of Blnk Cloud for an app: /proxy passes requests on to Core, /data reads, /alerts are
 * Cloud's own. Its errors are undocumented; here they are `{error}` without a code, the least that a client may expect.
 */
import type { Handler, Reply, StandInRequest } from '../exchange';
import { isAlertsPath, type Alerts } from './alerts';
import { selectBalances } from './balance-answers';
import { balanceView } from './balances';
import { answerCore } from './core';
import { notHeld } from './errors';
import { readConditions, readFilterQuery } from './filters';
import { sentBearer, type BlnkKeys, type CloudKey } from './keys';
import type { Ledger } from './ledger';
import type { Ledgers } from './ledgers';
import { fullView } from './rows';
import { select } from './select';

/** Undocumented as well; small enough that a client which does not page is found out. */
const MAX_PAGE_SIZE = 50;

export function isCloudPath(path: string): boolean {
  return path.startsWith('/proxy/') || path.startsWith('/data/') || isAlertsPath(path);
}

export function cloudHandler(
  ledgers: Pick<Ledgers, 'of'>,
  keys: BlnkKeys,
  alerts: Alerts,
): Handler {
  return async (request) => {
    const sent = sentBearer(request.headers);
    const key = sent === null ? undefined : keys.cloud.get(sent);
    if (key === undefined) return refuse(401, 'Unauthorized');
    // The key alone says which instance is meant.
    if (isAlertsPath(request.path)) return alerts.answer(request, key);
    const instance = request.query.get('instance_id');
    if (instance === null || instance === '') return refuse(400, 'instance_id is required');
    if (instance !== key.instanceId && keys.foreign !== 'filter') {
      return refuse(403, 'No access to this instance');
    }
    const ledger = ledgers.of(key.instanceId);
    return request.path.startsWith('/proxy/')
      ? proxy(ledger, request, key)
      : data(ledger, request, key);
  };
}

async function proxy(ledger: Ledger, request: StandInRequest, key: CloudKey): Promise<Reply> {
  const needed = request.method === 'GET' ? 'data:read' : 'data:write';
  if (!key.permissions.includes(needed)) return refuse(403, `Missing permission ${needed}`);
  const path = request.path.slice('/proxy'.length);
  return answerCore(ledger, { ...request, path }, { cloudDefaults: true });
}

function data(ledger: Ledger, { method, path, query }: StandInRequest, key: CloudKey): Reply {
  if (!key.permissions.includes('data:read')) return refuse(403, 'Missing permission data:read');
  if (`${method} ${path}` === 'GET /data/balances') return balances(ledger, query);
  if (`${method} ${path}` !== 'GET /data/transactions') return notHeld(`${method} ${path}`);
  // Core's reader of queries reserves `instance_id`, a word that only Cloud has: it is taken to be the
  // same here, with its limit of 1,000 characters a value.
  const { filters, problems } = readFilterQuery(query);
  const [problem] = problems;
  if (problem !== undefined) return refuse(400, `${problem.Param}: ${problem.Message}`);
  const read = readConditions(filters);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return refuse(400, read.refusal.message);

  const pageSize = Math.min(positive(query.get('pageSize'), 20), MAX_PAGE_SIZE);
  const page = positive(query.get('page'), 1);
  const { page: rows, total } = select(ledger, {
    conditions: read.conditions,
    combine: 'and',
    oldestFirst: false,
    limit: pageSize,
    offset: (page - 1) * pageSize,
    counted: true,
  });
  return { status: 200, json: { data: rows.map((row) => fullView(row, ledger.salt)), total } };
}

function balances(ledger: Ledger, query: URLSearchParams): Reply {
  const { filters, problems } = readFilterQuery(query);
  const [problem] = problems;
  if (problem !== undefined) return refuse(400, `${problem.Param}: ${problem.Message}`);
  const read = selectBalances(ledger, filters);
  if (read.kind === 'not held') return notHeld(read.what);
  if (read.kind === 'refused') return refuse(400, read.refusal.message);
  const all = read.balances;
  const size = Math.min(positive(query.get('pageSize'), 20), MAX_PAGE_SIZE);
  const from = (positive(query.get('page'), 1) - 1) * size;
  const data = all.slice(from, from + size).map(balanceView);
  return { status: 200, json: { data, total: all.length } };
}

function positive(text: string | null, otherwise: number): number {
  const value = Number(text ?? otherwise);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
}

function refuse(status: number, error: string): Reply {
  return { status, json: { error } };
}
