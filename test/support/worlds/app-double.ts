/** An app as Blnk Cloud sees it: two addresses that are called. Answers as it is told and keeps what came. */
import { createServer } from 'node:http';

export interface AppCall {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

export interface AppDouble {
  readonly url: string;
  readonly calls: AppCall[];
  /** How the calls from now on are answered. Default 200 and `{}`; null: not at all. */
  answer(next: { status: number; body?: unknown } | null): void;
  close(): Promise<void>;
}

export async function startAppDouble(): Promise<AppDouble> {
  const calls: AppCall[] = [];
  let next: { status: number; body?: unknown } | null = { status: 200 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      calls.push({ path: `${request.method ?? ''} ${request.url ?? ''}`, body });
      if (next) response.writeHead(next.status).end(JSON.stringify(next.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    answer: (given) => void (next = given),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
