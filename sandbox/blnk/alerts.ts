/**
 * The alerts of Blnk Cloud: flags on a balance or a transaction, as an app raises and updates them. What
 * the guide does not tell (the status of the answer, errors) is the least that a client may expect.
 * They live and die with the process: the ledger's journal keeps money only.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock';
import { jsonBody } from '../json';
import type { Reply, StandInRequest } from '../exchange';
import { notHeld } from './errors';
import type { CloudKey } from './keys';
import type { Ledgers } from './ledgers';
import { writeMoment } from './moment';

export interface Alert {
  readonly anomaly_id: string;
  readonly title: string;
  readonly description: string;
  readonly type: 'Balance' | 'Transaction';
  readonly status: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly affected_balances: readonly string[];
  readonly affected_identities: readonly string[];
  readonly affected_transactions: readonly string[];
}

export interface Alerts {
  /** Oldest first, of all instances or of one. */
  list(instanceId?: string): Alert[];
  answer(request: StandInRequest, key: CloudKey): Reply;
}

const raised = z.object({ title: z.string().optional(), description: z.string().min(1) });
const updated = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  status: z.string().optional(),
});

export function isAlertsPath(path: string): boolean {
  return path === '/alerts' || path.startsWith('/alerts/');
}

export function createAlerts(ledgers: Pick<Ledgers, 'of'>, clock: Clock): Alerts {
  const alerts: { instanceId: string; alert: Alert }[] = [];
  const now = () => writeMoment(clock.nowSeconds() * 1_000_000);
  const list = (instanceId?: string) =>
    alerts
      .filter((one) => instanceId === undefined || one.instanceId === instanceId)
      .map(({ alert }) => alert);
  const find = (id: string, { instanceId }: CloudKey) =>
    list(instanceId).find((alert) => alert.anomaly_id === id);

  function typeOf(id: string, { instanceId }: CloudKey): Alert['type'] | null {
    const ledger = ledgers.of(instanceId);
    if (ledger.byId(id) !== null) return 'Transaction';
    return ledger.balances.byId(id) === null ? null : 'Balance';
  }

  function raise(id: string, request: StandInRequest, key: CloudKey): Reply {
    const type = typeOf(id, key);
    if (type === null) return { status: 404, json: { error: 'Resource not found' } };
    const body = jsonBody(request, raised);
    if (!body.ok) return body.reply;
    const { title = '', description } = body.value;
    const alert: Alert = {
      anomaly_id: `ano_${randomUUID()}`,
      ...{ title, description, type },
      status: 'FLAGGED',
      ...{ created_at: now(), updated_at: now() },
      affected_balances: type === 'Balance' ? [id] : [],
      affected_identities: [],
      affected_transactions: type === 'Transaction' ? [id] : [],
    };
    alerts.push({ instanceId: key.instanceId, alert });
    return { status: 201, json: alert };
  }

  function update(id: string, request: StandInRequest, key: CloudKey): Reply {
    const alert = find(id, key);
    if (alert === undefined) return { status: 404, json: { error: 'Alert not found' } };
    const body = jsonBody(request, updated);
    if (!body.ok) return body.reply;
    Object.assign(alert, body.value, { updated_at: now() });
    return { status: 200, json: alert };
  }

  return {
    list,
    answer(request, key) {
      const { method, path } = request;
      const needed = method === 'GET' ? 'alerts:read' : 'alerts:write';
      if (!key.permissions.includes(needed)) {
        return { status: 403, json: { error: `Missing permission ${needed}` } };
      }
      const [first = '', second = '', ...rest] = path.slice('/alerts/'.length).split('/');
      if (rest.length === 0 && first === 'flag' && second !== '') {
        if (method === 'POST') return raise(decodeURIComponent(second), request, key);
        if (method === 'PUT') return update(decodeURIComponent(second), request, key);
      }
      if (method !== 'GET' || second !== '') return notHeld(`${method} ${path}`);
      if (first === '') return { status: 200, json: list(key.instanceId) };
      const alert = find(first, key);
      return alert
        ? { status: 200, json: alert }
        : { status: 404, json: { error: 'Alert not found' } };
    },
  };
}
