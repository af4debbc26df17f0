/** Receives what ALERT_WEBHOOK_URL is sent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookBody } from '../../../src/alerts/text';

export interface Receiver {
  /** Its path is a secret. */
  readonly url: string;
  /** Oldest first. */
  readonly received: readonly { readonly path: string; readonly body: string }[];
  /** What it answers; 204 unless a test says otherwise. */
  status: number;
  messages(): WebhookBody[];
  /** Nothing was received, and what comes is taken. */
  clear(): void;
  away(): Promise<void>;
  back(): Promise<void>;
}

export async function startReceiver(token: string): Promise<Receiver> {
  let received: Receiver['received'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      received = [...received, { path: request.url ?? '', body }];
      response
        .writeHead(receiver.status, { location: '/elsewhere' })
        .end('{"secret":"hush-answer"}');
    });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook/${token}`,
    get received() {
      return received;
    },
    status: 204,
    messages: () => received.map(({ body }) => JSON.parse(body) as WebhookBody),
    clear() {
      received = [];
      receiver.status = 204;
    },
    away: () => new Promise<void>((resolve) => void server.close(() => resolve())),
    back: () => listen(port),
  };
  return receiver;
}
