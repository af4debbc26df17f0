/** As whom the server counts a client, and what one may hold. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { loadConfig } from '../../src/config';
import { isErrorCode } from '../../src/domain/errors';
import { clientOf } from '../../src/http/client-address';
import { createService } from '../../src/http/service';
import { sendRequest } from '../support/proxies/raw-http';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(settings: Record<string, string>, more: { readonly perMinute?: number } = {}) {
  const lines: string[] = [];
  const service = await createService({
    log: pino({ level: 'warn' }, { write: (line) => void lines.push(line) }),
    secure: false,
    clients: loadConfig('cli', settings).clients,
    routes: [
      (app, _options, done) => {
        app.get('/who', (request) => ({ who: clientOf(request) }));
        done();
      },
    ],
    ...more,
  });
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  stops.push(() => service.close());
  const ask = (forwarded: string, path = '/who') =>
    fetch(`${url}${path}`, { headers: { 'x-forwarded-for': forwarded } });
  const who = async (forwarded: string) =>
    ((await (await ask(forwarded)).json()) as { who: string }).who;
  return { service, url, ask, who, lines };
}

test('without a setting nobody is believed who says for whom he asks, and that is told once', async () => {
  const { who, lines } = await start({});
  expect(await who('203.0.113.7')).toBe('127.0.0.1');
  expect(await who('203.0.113.8')).toBe('127.0.0.1');
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.filter(({ msg }) => msg === 'proxy.not_trusted')).toEqual([
    expect.objectContaining({ peer: '127.0.0.1', setting: 'TRUSTED_PROXIES' }),
  ]);
});

test('of the addresses that a trusted proxy tells, the last that is no proxy of ours counts', async () => {
  const { who, lines } = await start({ TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' });
  expect(await who('203.0.113.7')).toBe('203.0.113.7');
  expect(await who('1.2.3.4, 203.0.113.7')).toBe('203.0.113.7');
  expect(await who('1.2.3.4, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7');
  expect(await who('10.1.2.3, 203.0.113.7')).toBe('203.0.113.7');
  expect(await who('203.0.113.7, a\u00e4b')).toBe('unknown');
  expect(await who('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
  expect(lines.join()).not.toContain('proxy.not_trusted');
});

test('a proxy that is not named is the client, whatever it tells', async () => {
  const { who } = await start({ TRUSTED_PROXIES: '10.0.0.5' });
  expect(await who('203.0.113.7')).toBe('127.0.0.1');
});

test('clients are limited each by itself, and one network of IPv6 as one', async () => {
  const { ask } = await start({ TRUSTED_PROXIES: 'loopback' }, { perMinute: 3 });
  const statuses = async (from: readonly string[], path?: string) => {
    const all: number[] = [];
    for (const one of from) all.push((await ask(one, path)).status);
    return all;
  };
  const network = [1, 2, 3, 4, 5].map((host) => `2001:db8:1:2::${host}`);
  expect(await statuses(network)).toEqual([200, 200, 200, 429, 429]);
  expect(await statuses(['2001:db8:1:3::1', '203.0.113.7'])).toEqual([200, 200]);
  // What is not there: a twentieth, at least one.
  expect(await statuses(network.slice(0, 3), '/nowhere')).toEqual([404, 429, 429]);
  expect(await statuses(['2001:db8:1:3::1'], '/nowhere')).toEqual([404]);
});

test('connections above the limit of the settings are closed, and idle ones after the time of it', async () => {
  const { service, url } = await start({ MAX_CONNECTIONS: '10', KEEP_ALIVE_SECONDS: '1' });
  const { port } = new URL(url);
  const opened = Array.from({ length: 10 }, () => connect(Number(port), '127.0.0.1'));
  stops.unshift(() => {
    for (const socket of opened) socket.destroy();
    return Promise.resolve();
  });
  await Promise.all(opened.map((socket) => once(socket, 'connect')));
  const more = connect(Number(port), '127.0.0.1');
  more.on('error', () => undefined);
  await once(more, 'close');
  const [first] = opened;
  first!.resume().write('GET /who HTTP/1.1\r\nHost: app\r\n\r\n');
  await once(first!, 'data');
  // Closed by the server: nobody else ends it.
  await once(first!, 'end');
  expect(service.server.keepAliveTimeout).toBe(1_000);
});

test('headers of more than 16 KB are refused with a code', async () => {
  const { url } = await start({});
  const { status, body } = await sendRequest(url, {
    ...{ method: 'GET', path: '/who' },
    headers: { 'X-Long': 'x'.repeat(20_000) },
  });
  expect(status).toBe(431);
  const { error } = JSON.parse(body) as { error: { code: string } };
  expect(isErrorCode(error.code)).toBe(true);
});
