/**
 * Answers to what never becomes a request: no HTTP, headers without end, a sender that is too slow. There
 * is no route and no reply then, only the socket.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SyncError } from '../domain/errors';

const STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

export function answerUnparsed(
  error: { readonly code?: string | undefined },
  socket: Socket,
): void {
  // Who has gone is told nothing.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? 400;
  const { code, message } = new SyncError('PAYLOAD_INVALID');
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
