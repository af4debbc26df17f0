/**
 * One HTTP exchange with Blnk: keep-alive, time limit, and every outcome either an answer or a
 * SyncError. Blnk's own texts never get further than this file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Axios } from 'axios';
import { z } from 'zod';
import { isTooDeep, MAX_ANSWER_BYTES } from '../domain/answer-limits';
import { SyncError } from '../domain/errors';
import { quoteLongIntegers } from '../domain/json-text';
import type { Secret } from '../secret';
import { nodeAdapter, TOO_LONG } from './adapter';

export interface BlnkAnswer {
  readonly status: number;
  /** Core's error code, empty before Core 0.15 and for a gateway's answers. */
  readonly code: string;
  /** Parsed JSON, or undefined when the body is none. Integers from 16 digits on are text, and exact. */
  readonly body: unknown;
}

export interface BlnkHttp {
  /** Host and path of the base, without credentials. */
  readonly address: string;
  hasAnswered(): boolean;
  /** @throws SyncError BLNK_*; 400, 404 and 409 are answers, since only the caller knows what they mean */
  exchange(request: BlnkRequest, signal: AbortSignal): Promise<BlnkAnswer>;
  /** The same, without trying a refused key once more. */
  attempt(request: BlnkRequest, signal: AbortSignal): Promise<BlnkAnswer>;
}

export interface BlnkRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The right this request needs, for the message when it is refused. */
  readonly right: string;
  /** In a 200 null is an empty list, as Core writes one of balances. Default false. */
  readonly nullIsEmpty?: boolean;
  /** Its turn was waited for before. Default false. */
  readonly inTurn?: boolean;
}

export interface BlnkHttpOptions {
  readonly url: URL;
  readonly authorization: (key: string) => Readonly<Record<string, string>>;
  readonly apiKey: Secret;
  /** Milliseconds until a request counts as unanswered. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds before a refused key is tried once more. Default 500. */
  readonly confirmAfterMs?: number | undefined;
  /** Runs each request in its turn at this ledger, one by one. Default: at once. */
  readonly ask?: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** Core waits 3 s for a lock and answers in milliseconds otherwise; a gateway adds its own. */
const TIMEOUT_MS = 30_000;

/** A failing gateway also says 401 or 403, so a refused key is believed the second time. */
const CONFIRM_AFTER_MS = 500;

const errorBody = z.object({
  error_detail: z.object({ code: z.string().regex(/^[A-Z_]{3,60}$/) }),
});

export function createBlnkHttp(options: BlnkHttpOptions): BlnkHttp {
  let answered = false;
  const base = options.url.href.replace(/\/+$/, '');
  // Not `axios.create`, whose many defaults are merged anew for each request.
  const client = new Axios({
    adapter: nodeAdapter,
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    maxContentLength: MAX_ANSWER_BYTES,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  });

  const attempt = (request: BlnkRequest, signal: AbortSignal): Promise<BlnkAnswer> =>
    options.ask && request.inTurn !== true
      ? options.ask(() => send(request, signal), signal)
      : send(request, signal);

  async function send(request: BlnkRequest, signal: AbortSignal): Promise<BlnkAnswer> {
    signal.throwIfAborted();
    const url = base + request.path;
    const response = await client
      .request<string>({
        method: request.method,
        url: request.query ? client.getUri({ url, params: request.query }) : url,
        headers: options.authorization(options.apiKey.reveal()),
        signal,
        ...(request.body !== undefined && { data: JSON.stringify(request.body) }),
      })
      .catch((error: unknown) => {
        signal.throwIfAborted();
        const cause = causeOf(error);
        if (cause === TOO_LONG) throw new SyncError('BLNK_BAD_ANSWER', { field: 'length' });
        // Nothing but the system's error code goes on: the whole error may know the request with its key.
        const { host } = options.url;
        throw new SyncError('BLNK_UNAVAILABLE', { host, ...(cause !== undefined && { cause }) });
      });
    answered = true;
    if (isTooDeep(response.data)) throw new SyncError('BLNK_BAD_ANSWER', { field: 'depth' });
    const isEmpty =
      request.nullIsEmpty === true && response.status === 200 && isNull(response.data);
    const body = isEmpty ? [] : parseJson(response.data);
    const code = errorBody.safeParse(body).data?.error_detail.code ?? '';
    if (response.status === 429) throw limitedBy(response.headers);
    throwUnlessAnswer(response.status, code, body, request.right);
    return { status: response.status, code, body };
  }

  return {
    address: base,
    hasAnswered: () => answered,
    attempt,
    async exchange(request, signal) {
      try {
        return await attempt(request, signal);
      } catch (error) {
        if (!(error instanceof SyncError && error.refusesKey)) throw error;
        await sleep(options.confirmAfterMs ?? CONFIRM_AFTER_MS, undefined, { signal });
        return attempt(request, signal);
      }
    },
  };
}

/** Statuses that say something about the ledger as a whole, not about one request. */
function throwUnlessAnswer(status: number, code: string, body: unknown, right: string): void {
  const details = { status, ...(code !== '' && { code }) };
  if ((status === 401 || status === 403) && body !== undefined) {
    throw status === 401
      ? new SyncError('BLNK_KEY_REJECTED', details)
      : new SyncError('BLNK_PERMISSION_MISSING', { right, ...details });
  }
  if (status === 423) throw new SyncError('BLNK_LOCKED', details);
  if (status >= 200 && status < 300) {
    if (body === undefined) throw new SyncError('BLNK_BAD_ANSWER', details);
    return;
  }
  const judgedByCaller = status === 404 || ([400, 409, 422].includes(status) && body !== undefined);
  if (!judgedByCaller) throw new SyncError('BLNK_UNAVAILABLE', details);
}

/** Milliseconds: longer waits are not believed. */
const LONGEST_WAIT_MS = 60_000;

/** What a 429 says of the limit: Core gives its rate and when to come back, a gateway perhaps nothing. */
export function limitedBy(headers: Readonly<Record<string, unknown>>): SyncError {
  const [limit, reset] = [seconds(headers['ratelimit-limit']), seconds(headers['ratelimit-reset'])];
  const waitS = seconds(headers['retry-after']) ?? reset;
  // How many until the reset: the rest of a longer window says too little, and is seen by what gets through.
  const perSecond = limit !== undefined && reset !== undefined ? limit / Math.max(1, reset) : 0;
  return new SyncError(
    'BLNK_RATE_LIMITED',
    { status: 429, ...(perSecond > 0 && { per_second: perSecond }) },
    waitS !== undefined ? { retryAfterMs: Math.min(LONGEST_WAIT_MS, waitS * 1_000) } : {},
  );
}

/** A date, or a moment since 1970 as some gateways say it, is no number of seconds. */
function seconds(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined;
}

/** undefined: not JSON, or not an object or array (an empty body, a gateway's HTML or plain text). */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(quoteLongIntegers(text));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isNull(text: string): boolean {
  return text.trim() === 'null';
}

function causeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? code : undefined;
}
