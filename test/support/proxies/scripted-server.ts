/** A tiny HTTP server that answers each request with the next step of a script, down to the socket. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Step = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export interface ScriptedServer {
  readonly url: URL;
  /** The last step is repeated. */
  play(...steps: Step[]): void;
  /** Requests since the last `play`. */
  count(): number;
  /** Resolves with the first request since the last `play`. */
  asked(): Promise<void>;
  close(): Promise<void>;
}

const DATE = 'Sun, 01 Mar 2026 12:30:05 GMT';
export const DATE_SECONDS = Date.parse(DATE) / 1000;

export async function startScriptedServer(): Promise<ScriptedServer> {
  let steps: Step[] = [];
  let asked = 0;
  const server: Server = createServer((request, response) => {
    const step = steps[Math.min(asked, steps.length - 1)];
    asked += 1;
    response.setHeader('Date', DATE);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => step?.(response, request, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    url: new URL(`http://127.0.0.1:${address.port}`),
    play(...next) {
      steps = next;
      asked = 0;
    },
    count: () => asked,
    async asked() {
      while (asked === 0) await sleep(1);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(body));

export const text =
  (status: number, body: string, type = 'text/html'): Step =>
  (response) =>
    void response.writeHead(status, { 'Content-Type': type }).end(body);

export const reset: Step = (response) => void response.socket?.resetAndDestroy();

export const silence: Step = () => undefined;

/** Headers and half of the body, then the connection ends. */
export const truncated: Step = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
  response.write('{"object":"list"', () => response.destroy());
};

/** The same as a misdirected request, which Node's fetch sends once more by itself. */
export const misdirected: Step = (response) => {
  response.writeHead(421, { 'Content-Type': 'application/json', 'Content-Length': '100' });
  response.write('{"object":"list"', () => response.destroy());
};

/** Headers and half of the body, then nothing more. */
export const stalled: Step = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
  response.write('{"object":"list"');
};
