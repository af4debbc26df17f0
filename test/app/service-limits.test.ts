/** What one caller may cost the service: headers, idle connections, and how many there are at once. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createService } from '../../src/http/service';
import { isErrorCode } from '../../src/domain/errors';
import { sendRequest } from '../support/raw-http';

let app: FastifyInstance;
let url: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  app = await createService({ log: pino({ level: 'silent' }), secure: false, routes: [] });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

async function connected(): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('headers of more than 16 KB are refused with a code', async () => {
  const { status, body } = await sendRequest(url, {
    ...{ method: 'GET', path: '/' },
    headers: { 'X-Long': 'x'.repeat(20_000) },
  });
  expect(status).toBe(431);
  const { error } = JSON.parse(body) as { error: { code: string } };
  expect(isErrorCode(error.code)).toBe(true);
});

test('a connection above the limit is closed at once, and those below it are served', async () => {
  expect(app.server.maxConnections).toBe(800);
  // As many as the limit of a test's own process allows.
  app.server.maxConnections = 3;
  const held = await Promise.all([connected(), connected(), connected()]);
  await once(await connected(), 'close');
  held[0].write('GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(held[0], 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 404 /);
});

test('a connection with nothing to do is closed', async () => {
  const socket = await connected();
  const closed = once(socket, 'close');
  socket.write('GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  await once(socket, 'data');
  socket.resume();
  await closed;
});
