/**
 * The HTTP server under both stand-ins: routes control requests (/sandbox/…), logs and spoils the
 * others, and hands them to the service's handler. Knows nothing of Stripe or Blnk.
 */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { alterHeaders, alterReply } from './alter';
import { answer, pause, spoil } from './answer';
import type { Handler, Reply, StandInRequest } from './exchange';
import { createFaults, faultControl, type FaultHook } from './faults';
import { createRequestLog, requestControl, type RequestLog } from './requests';

export interface StandIn {
  readonly url: string;
  readonly port: number;
  readonly faults: FaultHook;
  readonly requests: RequestLog;
  close(): Promise<void>;
}

export interface StandInOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Named in the answers to unknown control requests. */
  readonly name: string;
  readonly handler: Handler;
  /** More control requests by "METHOD /sandbox/path"; a segment that begins with ":" matches any. */
  readonly control?: Record<string, Handler>;
  /** Asked first: a reply is given at once and the request never handled, as by a rate limit. */
  readonly refuse?: (request: StandInRequest) => Reply | null;
  /** Waited before each request is handled. Default 0. */
  readonly latencyMs?: number;
  /** Put on every answer of the service, also on spoiled ones. */
  readonly responseHeaders?: () => Record<string, string>;
}

// Longer than any client's idle time, so that no request meets a socket that is just being closed:
// a reset that no fault rule asked for would make tests flicker.
const KEEP_ALIVE_MS = 120_000;

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const host = options.host ?? '127.0.0.1';
  const faults = createFaults(options.name);
  const requests = createRequestLog();
  const closing = new AbortController();
  // One for each request that waits, so any number is in order.
  setMaxListeners(0, closing.signal);
  const control = compile({
    ...faultControl(faults),
    ...requestControl(requests),
    ...options.control,
  });

  async function handleControl(request: StandInRequest, response: ServerResponse) {
    const handler = control(request);
    const unknown = {
      error: `The ${options.name} stand-in has no ${request.method} ${request.path}.`,
    };
    answer(response, handler ? await guarded(handler, request) : { status: 404, json: unknown });
  }

  async function handleService(request: StandInRequest, response: ServerResponse) {
    const chosen = faults.choose(request);
    const common = () => alterHeaders(options.responseHeaders?.() ?? {}, chosen?.fault);
    const refusal = options.refuse?.(request) ?? null;
    if (refusal !== null) {
      answer(response, refusal, common());
      return;
    }
    await pause(options.latencyMs ?? 0, closing.signal);
    if (chosen !== null && chosen.when !== 'after') {
      const spoiled = await spoil(response, chosen.fault, { common, signal: closing.signal });
      if (spoiled) return;
    }
    const reply = alterReply(await guarded(options.handler, request), chosen?.fault);
    if (chosen?.when === 'after') {
      const spoiled = await spoil(response, chosen.fault, {
        common,
        signal: closing.signal,
        reply,
      });
      if (spoiled) return;
    }
    answer(response, reply, common());
  }

  async function handle(message: IncomingMessage, response: ServerResponse) {
    const target = message.url ?? '/';
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const query = mark === -1 ? '' : target.slice(mark + 1);
    const { method = 'GET', headers } = message;
    const isControl = path.startsWith('/sandbox/');
    const finish = isControl ? () => undefined : requests.begin({ method, path, query, headers });
    try {
      const body = (await buffer(message)).toString('utf8');
      const request = { method, path, query: new URLSearchParams(query), headers, body };
      await (isControl ? handleControl(request, response) : handleService(request, response));
    } catch {
      // Only the connection can fail here (handlers are guarded): nobody is left to be told, and the
      // log records the request as unanswered.
      response.destroy();
    }
    // In the tick of the answer, so that a client that has its answer finds it in the log.
    finish(response.writableEnded && !response.destroyed ? response.statusCode : null);
  }

  const server = createServer((message, response) => void handle(message, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port.');
  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    faults,
    requests,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A mistake of a stand-in shows itself in the answer instead of ending the process. */
async function guarded(handler: Handler, request: StandInRequest): Promise<Reply> {
  try {
    return await handler(request);
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 500, json: { error: `The stand-in failed: ${reason}` } };
  }
}

function compile(table: Record<string, Handler>): (request: StandInRequest) => Handler | undefined {
  const routes = Object.entries(table).map(([route, handler]) => {
    const [method = '', path = ''] = route.split(' ');
    return { method, segments: path.split('/'), handler };
  });
  return ({ method, path }) => {
    const asked = path.split('/');
    return routes.find(
      (route) =>
        route.method === method &&
        route.segments.length === asked.length &&
        route.segments.every((segment, at) => segment.startsWith(':') || segment === asked[at]),
    )?.handler;
  };
}
