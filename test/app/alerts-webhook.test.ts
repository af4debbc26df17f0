/** ALERT_WEBHOOK_URL: what is sent, how often, and what never is. */
import { startAlertWorld, type AlertWorld } from '../support/worlds/alert-world';
import { startReceiver, type Receiver } from '../support/worlds/webhook-receiver';

const TOKEN = 'hush-token';
let receiver: Receiver;
let world: AlertWorld;

beforeAll(async () => void (receiver = await startReceiver(TOKEN)));
afterAll(() => receiver.away());
beforeEach(async () => {
  receiver.clear();
  world = await startAlertWorld(receiver.url);
  world.grant('data:read', 'data:write');
});
afterEach(() => world.close());

const events = () => receiver.messages().map(({ event }) => event);
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
  expect(receiver.received.map(({ path }) => path)).toEqual([`/hook/${TOKEN}`]);
  expect(receiver.messages()[0]).toMatchObject({
    ...{ version: 1, event: 'problem.opened', instanceId: world.harness.instanceId },
    ...{ problem: 'CONFLICT', subject: payment, overAt: null },
  });
  await world.mend();
  await world.harness.db.query('update instances set look_at = now() where instance_id = $1', [
    world.harness.instanceId,
  ]);
  await world.settle();
  expect(receiver.received).toHaveLength(1);
  expect(await waits()).toBeGreaterThan(59);
  await world.round();
  expect(events()).toEqual(['problem.opened', 'problem.over']);
  await world.round();
  expect(receiver.received).toHaveLength(2);
});

test.each([500, 404, 302])(
  'that answers %i is sent it again, a minute later at the earliest',
  async (no) => {
    receiver.status = no;
    await world.conflict();
    await world.harness.sync();
    await world.settle();
    await world.settle();
    expect(receiver.received).toHaveLength(1);
    expect(await waits()).toBeGreaterThan(59);
    expect((await world.problems())[0]!.told).toEqual([]);
    receiver.status = 200;
    await world.round();
    expect(receiver.received).toHaveLength(2);
    expect((await world.problems())[0]!.told).toEqual(['webhook']);
  },
);

test('that is away delays nothing and is told later', async () => {
  await world.conflict();
  await world.harness.sync();
  await receiver.away();
  await world.settle();
  expect(world.log.join('')).toContain('ALERT_WEBHOOK_FAILED');
  await receiver.back();
  await world.round();
  expect(events()).toEqual(['problem.opened']);
});

test('gets ids and codes only, and its address is in no log', async () => {
  const customer = 'cus_hushed';
  await world.harness.stripe.world.pay({ amount: 98_765, currency: 'xts', customer });
  await world.conflict();
  await world.harness.sync();
  receiver.status = 500;
  await world.round();
  receiver.status = 200;
  await world.round();
  const sent = receiver.received.map(({ body }) => body).join('\n');
  expect(sent).toContain('CURRENCY_UNKNOWN');
  for (const secret of ['98765', '987.65', '4321', '1234', customer, 'blnk_sandbox', 'sk_test']) {
    expect(sent).not.toContain(secret);
  }
  expect(world.log.join('')).toContain('alert.told');
  expect(world.log.join('')).not.toMatch(/hush|blnk_sandbox|sk_test/);
});
