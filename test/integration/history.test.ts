/** What Temporal keeps of a sync, and what the worker logs: small, and without a word about money. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;
let customers: Set<string>;
let amounts: Set<string>;

beforeAll(async () => {
  harness = await startHarness({ scenario: 'empty', proxied: true });
  const { world, clock } = harness.stripe;
  const from = clock.nowSeconds() - 30 * 24 * 60 * 60;
  customers = new Set();
  amounts = new Set();
  for (let index = 0; index < 1_000; index += 1) {
    // Long enough that no process id, port or size is the same by chance.
    const amount = 700_000_000_000 + 7_919 * index;
    const customer = index % 9 === 0 ? null : `cus_History${index}`;
    const createdAt = from + 60 * index;
    await world.pay({ amount, customer, createdAt, succeededAt: createdAt + 5 });
    amounts.add(String(amount));
    if (customer !== null) customers.add(customer);
  }
});
afterAll(() => harness.close());

/** Numbers that Temporal makes itself, some of which would equal some amount by chance. */
const TEMPORALS =
  /^(identity|taskQueue|requestId|.*(EventId|eventId|taskId|Time|Length|Bytes|Count))$/;

/** Everything that Temporal tells about a run: its history, and what lists of runs show. */
async function told(workflowId: string) {
  const handle = harness.client.workflow.getHandle(workflowId);
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: unknown[] };
  const { historySize, raw } = await handle.describe();
  const json = JSON.stringify([history, raw], (key, value: unknown) =>
    TEMPORALS.test(key) ? undefined : value,
  );
  return {
    events: history.events.length,
    // As the server counts it towards its limits; the JSON of `temporal workflow show` is longer.
    bytes: historySize ?? Infinity,
    texts: [json, ...decoded(json)],
  };
}

/** Payloads are base64 in the JSON of a history: as texts, so that they can be searched. */
function decoded(json: string): string[] {
  const encoded = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) => data);
  return encoded.map((data) => Buffer.from(data, 'base64').toString('utf8'));
}

/** What stands where a number or a word could: "amount":513 or (513) or 5.13, not part of an id. */
function words(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.split(/[^A-Za-z0-9_]+/)));
}

function expectSilence(texts: readonly string[]): void {
  const all = texts.join('\n');
  for (const secret of [SANDBOX_STRIPE_KEY, SANDBOX_BLNK_KEY]) {
    const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '');
    expect([secret, encoded].filter((form) => all.includes(form))).toEqual([]);
  }
  expect(/cus_|@example\.com|Jenny/.exec(all)).toBeNull();
  expect([...customers].filter((customer) => all.includes(customer))).toEqual([]);
  const said = words(texts);
  expect([...amounts].filter((amount) => said.has(amount))).toEqual([]);
}

it('is under 300 events and 60 KB for 1,000 pay-ins in full pages, and names no payer or amount', async () => {
  const run = await harness.start();
  expect(await harness.reportOf(run)).toMatchObject({ status: 'completed', recordsPosted: 1000 });
  const { events, bytes, texts } = await told(run.workflowId);
  expect(events).toBeLessThan(300);
  expect(bytes).toBeLessThan(60_000);
  // The search is only worth something if it reads what is inside the payloads.
  expect(words(texts)).toContain(harness.instanceId);
  expect(words(texts)).toContain('beforeSince');
  expect([customers.size, amounts.size].map((size) => size > 100)).toEqual([true, true]);
  expectSilence(texts);
});

it('says no more when Stripe and Blnk answer errors that quote keys, payers and amounts', async () => {
  const [customer] = customers;
  const [amount] = amounts;
  const quote = `${SANDBOX_BLNK_KEY} ${SANDBOX_STRIPE_KEY} ${customer} ${amount}`;
  const error = { error: quote, error_detail: { code: 'GEN_INTERNAL', message: quote } };

  const { world, clock, faults } = harness.stripe;
  clock.advance(60);
  await world.pay({ amount: Number(amount), customer: customer! });
  faults.add({
    times: 1,
    fault: {
      kind: 'status',
      status: 500,
      json: { error: { type: 'api_error', message: quote, param: quote, code: quote } },
      headers: { 'Request-Id': quote, 'Stripe-Rate-Limited-Reason': quote },
    },
  });
  let answers = 0;
  harness.intercept(({ path }) => {
    if (path !== '/transactions') return 'pass';
    answers += 1;
    return answers < 6 ? { status: 400, json: error } : { status: 403, json: error };
  });
  const failed = await harness.start();
  expect(await harness.reportOf(failed)).toMatchObject({
    status: 'completed_with_problems',
    reasons: { BLNK_REFUSED: 1 },
  });
  await world.pay({ amount: Number(amount), customer: customer! });
  const refused = await harness.start();
  expect(await harness.reportOf(refused)).toMatchObject({
    status: 'failed',
    error: { code: 'BLNK_PERMISSION_MISSING' },
  });
  harness.intercept();

  for (const { workflowId } of [failed, refused]) {
    const { texts } = await told(workflowId);
    expectSilence(texts);
  }
  const rows = await harness.db.query(
    'select error, error_details, reasons, notes from stripe_syncs where instance_id = $1',
    [harness.instanceId],
  );
  expectSilence([JSON.stringify(rows)]);
});

it('leaves no payer, amount or key in the log either', () => {
  const lines = harness.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const events = new Set(lines.map(({ msg }) => msg));
  expect([...events]).toEqual(expect.arrayContaining(['sync.finished', 'activity.failed']));
  // The process id and the time of a line may equal an amount.
  expectSilence(lines.map((line) => JSON.stringify({ ...line, pid: 0, time: 0 })));
});
