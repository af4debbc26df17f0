/** Between the worker and a stand-in: spoils single requests by what is in them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface ProxiedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: string;
}

/** `lose`: it reaches the service, and its answer reaches nobody. */
export type ProxyAction =
  'pass' | 'lose' | { readonly status: number; readonly json?: unknown; readonly text?: string };

export type Intercept = (request: ProxiedRequest) => ProxyAction | Promise<ProxyAction>;

export interface HttpProxy {
  readonly url: string;
  /** Replaces what decides; without an argument everything passes. */
  intercept(decide?: Intercept): void;
  close(): Promise<void>;
}

/** What belongs to one connection. */
const HOP = new Set(['host', 'connection', 'content-length']);

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  let decide: Intercept = () => 'pass';

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = message;
    const body = (await buffer(message)).toString('utf8');
    const action = await decide({ method, path: url.split('?')[0] ?? '/', body });
    if (typeof action === 'object') {
      const text = action.text ?? JSON.stringify(action.json);
      response.writeHead(action.status, { 'Content-Type': 'application/json' }).end(text);
      return;
    }
    const forwarded = Object.entries(headers).filter(([name]) => !HOP.has(name)) as [
      string,
      string,
    ][];
    const answer = await fetch(target + url, {
      method,
      headers: Object.fromEntries(forwarded),
      ...(body !== '' && { body }),
    });
    const text = await answer.text();
    if (action === 'lose') {
      response.destroy();
      return;
    }
    const type = answer.headers.get('content-type') ?? 'text/plain';
    response.writeHead(answer.status, { 'Content-Type': type }).end(text);
  }

  const server = createServer((message, response) => {
    handle(message, response).catch(() => response.destroy());
  });
  // A socket closed between two requests would look like a fault that no test has asked for.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    intercept: (next = () => 'pass') => void (decide = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
