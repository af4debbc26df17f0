/**
 * Remembers what a stand-in was asked, so that tests can hold a client to its read budget, its
 * concurrency and its silence about secrets. Keys are kept as a short hash, never as themselves.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Handler } from './exchange';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** null: no complete answer was sent (reset, hang, client gone). */
  readonly status: number | null;
  /** First 12 hex digits of the SHA-256 of the key that was sent; null without one. */
  readonly credential: string | null;
  /** Wall clock, milliseconds since 1970. */
  readonly startedAt: number;
  readonly ms: number;
}

export interface RequestLog {
  /** The newest 50,000 finished requests, oldest first, optionally those under a path. */
  list(pathPrefix?: string): LoggedRequest[];
  /** All finished requests since the start or the last clear, also those no longer listed. */
  total(): number;
  countsByStatus(): Record<string, number>;
  inFlight(): number;
  maxInFlight(): number;
  clear(): void;
}

/** The side that the server writes to. */
export interface RequestRecorder extends RequestLog {
  begin(request: Opened): (status: number | null) => void;
}

interface Opened {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

const KEPT = 50_000;

export function createRequestLog(): RequestRecorder {
  let kept: LoggedRequest[] = [];
  let total = 0;
  let statuses = new Map<string, number>();
  let inFlight = 0;
  let maxInFlight = 0;
  let clearings = 0;

  const newest = () => kept.slice(-KEPT);
  return {
    begin: ({ method, path, query, headers }) => {
      const startedAt = Date.now();
      const begunIn = clearings;
      inFlight += 1;
      maxInFlight = Math.max(maxInFlight, inFlight);
      return (status) => {
        inFlight -= 1;
        // What began before a clear belongs to what was cleared.
        if (begunIn !== clearings) return;
        total += 1;
        const name = status === null ? 'none' : String(status);
        statuses.set(name, (statuses.get(name) ?? 0) + 1);
        const credential = fingerprint(headers);
        const ms = Date.now() - startedAt;
        kept.push({ method, path, query, status, credential, startedAt, ms });
        // Cutting one by one would copy the whole list for every request.
        if (kept.length >= 2 * KEPT) kept = newest();
      };
    },
    list: (pathPrefix = '') => newest().filter(({ path }) => path.startsWith(pathPrefix)),
    total: () => total,
    countsByStatus: () => Object.fromEntries(statuses),
    inFlight: () => inFlight,
    maxInFlight: () => maxInFlight,
    clear: () => {
      kept = [];
      total = 0;
      statuses = new Map();
      maxInFlight = inFlight;
      clearings += 1;
    },
  };
}

/** The key of a request: a Bearer token, the user name of Basic, or `X-Blnk-Key`. */
export function credentialOf(headers: IncomingHttpHeaders): string | null {
  const [scheme = '', value = ''] = (headers.authorization ?? '').trim().split(/\s+/, 2);
  if (value !== '' && scheme.toLowerCase() === 'bearer') return value;
  if (value !== '' && scheme.toLowerCase() === 'basic') {
    return Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0] ?? null;
  }
  const own = headers['x-blnk-key'];
  return typeof own === 'string' && own !== '' ? own : null;
}

/** How a key appears in the log; tests use it to find the requests of one key. */
export function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}

function fingerprint(headers: IncomingHttpHeaders): string | null {
  const key = credentialOf(headers);
  return key === null ? null : fingerprintOf(key);
}

export function requestControl(log: RequestLog): Record<string, Handler> {
  return {
    'GET /sandbox/requests': ({ query }) => ({
      status: 200,
      json: {
        total: log.total(),
        by_status: log.countsByStatus(),
        in_flight: log.inFlight(),
        max_in_flight: log.maxInFlight(),
        requests: log.list(query.get('path') ?? ''),
      },
    }),
    'DELETE /sandbox/requests': () => {
      log.clear();
      return { status: 204 };
    },
  };
}
