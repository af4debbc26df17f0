/** ALERT_WEBHOOK_URL: what is sent, how often, and what never is. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookBody } from '../../src/alerts/text';
import { startAlertWorld, type AlertWorld } from '../support/worlds/alert-world';

const TOKEN = 'hush-token';
let server: Server;
let world: AlertWorld;
let received: { path: string; body: string }[] = [];
let status = 204;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body });
      response.writeHead(status, { location: '/elsewhere' }).end('{"secret":"hush-answer"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  received = [];
  status = 204;
  const { port } = server.address() as AddressInfo;
  world = await startAlertWorld(`http://127.0.0.1:${port}/hook/${TOKEN}`);
  world.grant('data:read', 'data:write');
});
afterEach(() => world.close());

const events = () => received.map(({ body }) => (JSON.parse(body) as WebhookBody).event);
const waits = async () => {
  const [row] = await world.harness.db.query<{ seconds: number }>(
    `select extract(epoch from next_at - attempted_at)::float8 as seconds from alert_channels
     where instance_id = $1 and channel = 'webhook'`,
    [world.harness.instanceId],
  );
  return row!.seconds;
};

test('is sent a problem once when it begins and once when it is over, never twice within a minute', async () => {
  const payment = await world.conflict();
  await world.harness.sync();
  await world.settle();
  expect(received.map(({ path }) => path)).toEqual([`/hook/${TOKEN}`]);
  expect(JSON.parse(received[0]!.body)).toMatchObject({
    ...{ version: 1, event: 'problem.opened', instanceId: world.harness.instanceId },
    ...{ problem: 'CONFLICT', subject: payment, overAt: null },
  });
  await world.mend();
  await world.harness.db.query('update instances set look_at = now() where instance_id = $1', [
    world.harness.instanceId,
  ]);
  await world.settle();
  expect(received).toHaveLength(1);
  expect(await waits()).toBeGreaterThan(59);
  await world.round();
  expect(events()).toEqual(['problem.opened', 'problem.over']);
  await world.round();
  expect(received).toHaveLength(2);
});

test.each([500, 404, 302])(
  'that answers %i is sent it again, a minute later at the earliest',
  async (no) => {
    status = no;
    await world.conflict();
    await world.harness.sync();
    await world.settle();
    await world.settle();
    expect(received).toHaveLength(1);
    expect(await waits()).toBeGreaterThan(59);
    expect((await world.problems())[0]!.told).toEqual([]);
    status = 200;
    await world.round();
    expect(received).toHaveLength(2);
    expect((await world.problems())[0]!.told).toEqual(['webhook']);
  },
);

test('that is away delays nothing and is told later', async () => {
  const { port } = server.address() as AddressInfo;
  await world.conflict();
  await world.harness.sync();
  await new Promise((resolve) => server.close(resolve));
  await world.settle();
  expect(world.log.join('')).toContain('ALERT_WEBHOOK_FAILED');
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await world.round();
  expect(events()).toEqual(['problem.opened']);
});

test('gets ids and codes only, and its address is in no log', async () => {
  const customer = 'cus_hushed';
  await world.harness.stripe.world.pay({ amount: 98_765, currency: 'xts', customer });
  await world.conflict();
  await world.harness.sync();
  status = 500;
  await world.round();
  status = 200;
  await world.round();
  const sent = received.map(({ body }) => body).join('\n');
  expect(sent).toContain('CURRENCY_UNKNOWN');
  for (const secret of ['98765', '987.65', '4321', '1234', customer, 'blnk_sandbox', 'sk_test']) {
    expect(sent).not.toContain(secret);
  }
  expect(world.log.join('')).toContain('alert.told');
  expect(world.log.join('')).not.toMatch(/hush|blnk_sandbox|sk_test/);
});
