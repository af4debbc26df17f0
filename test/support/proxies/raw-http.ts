/** Says anything to an HTTP server, byte by byte, also what no HTTP client would say. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RawAnswer {
  /** null: the connection ended without an answer. */
  readonly status: number | null;
  /** Status line and headers. */
  readonly head: string;
  readonly body: string;
}

export interface RawRequest {
  readonly method: string;
  /** As it is put into the request line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** @param url of the server */
export function sendRequest(url: string, request: RawRequest): Promise<RawAnswer> {
  const { method, path, headers = {}, body = '' } = request;
  const bytes = Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: app.example.com',
    'Connection: close',
    ...Object.entries({ 'Content-Length': String(bytes.length), ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ];
  return sendBytes(url, [Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes])]);
}

/** @param pieces each sent `everyMs` after the one before; the connection stays open after the last one */
export function sendBytes(
  url: string,
  pieces: readonly (string | Buffer)[],
  everyMs = 0,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that answers early closes while we still write: what it said counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      resolve(parse(Buffer.concat(chunks).toString('utf8')));
    });
    void (async () => {
      for (const [at, piece] of pieces.entries()) {
        if (at > 0 && everyMs > 0) await sleep(everyMs);
        if (socket.destroyed) return;
        socket.write(piece);
      }
    })();
  });
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  return {
    status: status === undefined ? null : Number(status),
    head: end < 0 ? text : text.slice(0, end),
    body: end < 0 ? '' : text.slice(end + 4),
  };
}
