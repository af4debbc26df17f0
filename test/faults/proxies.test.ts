/** One rule for proxies of the environment: they mean nothing, to Stripe, Blnk and Temporal alike (docs/decisions/proxies.md). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendWebhook } from '../../src/alerts/webhook';
import { createCloudLedger } from '../../src/blnk/cloud';
import { createCoreLedger } from '../../src/blnk/core';
import { NO_BUDGET } from '../../src/domain/read-budget';
import { Secret } from '../../src/secret';
import { createStripeReader } from '../../src/stripe/client';
import { connectTemporal } from '../../src/temporal/connection';
import { connectWorker } from '../../src/temporal/worker-connection';
import { aPosting } from '../support/worlds/a-posting';
import { testEnvironment } from '../support/environment';
import { json, startScriptedServer, type ScriptedServer } from '../support/proxies/scripted-server';

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
const before = new Map(
  [...NAMES, 'NO_PROXY', 'no_proxy', 'grpc_proxy'].map((name) => [name, process.env[name]]),
);
const never = new AbortController().signal;
const KEY = new Secret('rk_test_secret');

let proxy: Server;
let asked: string[] = [];
let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer();
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  for (const name of before.keys()) Reflect.deleteProperty(process.env, name);
  for (const name of NAMES) process.env[name] = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await server.close();
  await new Promise((resolve) => proxy.close(resolve));
});
beforeEach(() => (asked = []));

const stripeAt = (apiBase: URL) =>
  createStripeReader({ secretKey: KEY, apiBase, livemode: false }, NO_BUDGET).readPage(
    { feed: 'payment_intents', from: 1, to: 2, withCharge: false },
    null,
    never,
  );

test('what is on this machine is asked directly', async () => {
  server.play(json(200, { object: 'list', data: [], has_more: false }));
  await stripeAt(server.url);
  server.play(json(201, { transaction_id: 'txn_1', status: 'APPLIED' }));
  await createCoreLedger({ url: server.url, apiKey: KEY }).post(aPosting(), never);
  server.play(json(200, { data: [], total: 0 }));
  await createCloudLedger({ url: server.url, apiKey: KEY, instanceId: 'inst_1' }).lookUp(
    ['pi_1'],
    never,
  );
  await sendWebhook(new Secret(server.url.href), {} as never, never);
  expect(asked).toEqual([]);
});

test('so is Temporal, by a command and by a worker', async () => {
  const target = { address: testEnvironment().temporalAddress, namespace: 'default' };
  const { client, close } = await connectTemporal(target);
  await client.connection.workflowService.describeNamespace({ namespace: target.namespace });
  await close();
  const connection = await connectWorker(target);
  await connection.close();
  expect(asked).toEqual([]);
});

test.each(['http', 'https'])('and so is another machine, by %s', async (scheme) => {
  const url = new URL(`${scheme}://nobody.invalid`);
  await expect(stripeAt(url)).rejects.toMatchObject({ code: 'STRIPE_UNAVAILABLE' });
  for (const ledger of [
    createCoreLedger({ url, apiKey: KEY }),
    createCloudLedger({ url, apiKey: KEY, instanceId: 'inst_1' }),
  ]) {
    await expect(ledger.lookUp(['pi_1'], never)).rejects.toMatchObject({
      code: 'BLNK_UNAVAILABLE',
    });
  }
  expect(asked).toEqual([]);
});
