import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../../src/local/process/ports';

test('the preferred port is given when it is free', async () => {
  const free = await freePort(0);
  expect(await freePort(free)).toBe(free);
});

test('another one is given when the preferred port is taken on loopback', async () => {
  const server = createServer();
  const taken = await freePort(0);
  server.listen(taken, '127.0.0.1');
  await once(server, 'listening');
  const port = await freePort(taken);
  server.close();
  expect(port).not.toBe(taken);
  expect(port).toBeGreaterThan(1023);
});

test('a port promised to another part is not given again', async () => {
  const promised = await freePort(0);
  expect(await freePort(promised, [promised])).not.toBe(promised);
});

test('a port is none that a system lends to outgoing connections', async () => {
  for (let times = 0; times < 50; times += 1) expect(await freePort(0)).toBeLessThan(32_768);
});
