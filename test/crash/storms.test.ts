/** One kind of fault in a tenth of all requests, for a whole run: in the end the books are right. */
import type { FaultRule } from '../../sandbox/faults';
import { expectIdle, expectTrueBooks } from '../support/books/books';
import { startHarness, type Harness } from '../support/worlds/harness';

type Fault = FaultRule['fault'];

const RATE = 0.1;
const COUNT = 240;
/** Intents that came to nothing: they make the listing long, and Stripe is asked often. */
const UNPAID = 1_600;

const status = (code: number, json: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  json,
  headers,
});
const EVERYWHERE: [what: string, fault: Fault][] = [
  ['502 in HTML', { kind: 'html', status: 502 }],
  ['an empty 200', { kind: 'empty' }],
  ['half an answer', { kind: 'truncated' }],
  ['a reset', { kind: 'reset' }],
  ['silence', { kind: 'hang' }],
];

const REASONS = [
  'global-rate',
  'global-concurrency',
  'endpoint-rate',
  'endpoint-concurrency',
  'resource-specific',
];
const limited = { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'slow' } };
const STRIPE: [what: string, fault: Fault][] = [
  ...REASONS.map((reason): [string, Fault] => [
    `429 by ${reason}`,
    status(429, limited, { 'Stripe-Rate-Limited-Reason': reason }),
  ]),
  ['500', status(500, { error: { type: 'api_error' } })],
  ...EVERYWHERE,
];

const coded = (code: string) => ({ error_detail: { code } });
const BLNK: [what: string, fault: Fault][] = [
  ['423', status(423, coded('GEN_RESOURCE_LOCKED'))],
  ['429', status(429, coded('GEN_RATE_LIMITED'))],
  ['500', status(500, coded('GEN_INTERNAL'))],
  ...EVERYWHERE,
];

async function inStorm(
  payIns: { count: number; unpaid: number },
  run: (harness: Harness) => Promise<void>,
): Promise<void> {
  const harness = await startHarness({
    // Above what a busy machine takes for an answer: else everything would fail, not a tenth.
    limits: { timeoutMs: 1_500 },
    patience: {
      roundWaitsMs: [50, 100, 200, 400, 800],
    },
  });
  try {
    const { stripe } = harness;
    for (let nth = 0; nth < payIns.count; nth += 1) {
      await stripe.world.pay({ amount: 1_000 + nth, customer: `cus_${nth % 9}` });
    }
    for (let nth = 0; nth < payIns.unpaid; nth += 1) {
      await stripe.world.create({ status: 'canceled' });
    }
    await run(harness);
  } finally {
    await harness.close();
  }
}

async function expectTrue({ db, instanceId, stripe, blnk }: Harness): Promise<void> {
  await expectTrueBooks({ db, instanceId, stripeUrl: stripe.url, blnkUrl: blnk.url });
}

/** Completes in one sync all the same. */
async function expectHarmless(harness: Harness): Promise<void> {
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: COUNT,
    recordsPosted: COUNT,
    recordsAlreadyPosted: 0,
  });
  harness.stripe.faults.clear();
  harness.blnk.faults.clear();
  await expectTrue(harness);
  expectIdle((await harness.sync()).row);
}

describe('a tenth of all answers of Stripe', () => {
  it.concurrent.each(STRIPE)('is %s', async (_what, fault) => {
    await inStorm({ count: COUNT, unpaid: UNPAID }, async (harness) => {
      const added = harness.stripe.faults.add({ fault, rate: RATE });
      await expectHarmless(harness);
      expect(added.fired()).toBeGreaterThan(0);
    });
  });
});

describe.each(['before', 'after'] as const)(
  'a tenth of all answers of Blnk, %s its work',
  (when) => {
    it.concurrent.each(BLNK)('is %s', async (_what, fault) => {
      await inStorm({ count: COUNT, unpaid: 0 }, async (harness) => {
        const added = harness.blnk.faults.add({ fault, rate: RATE, when });
        await expectHarmless(harness);
        expect(added.fired()).toBeGreaterThan(COUNT * RATE * 0.5);
      });
    });
  },
);

it('everything fails at random on both sides while payments come in', async () => {
  const late = { paid: 0, of: 40 };
  await inStorm({ count: COUNT, unpaid: 0 }, async (harness) => {
    const { stripe, blnk } = harness;
    for (const [, fault] of STRIPE) stripe.faults.add({ fault, rate: 0.02 });
    for (const [, fault] of BLNK) {
      blnk.faults.add({ fault, rate: 0.02 });
      blnk.faults.add({ fault, rate: 0.02, when: 'after' });
    }
    const payLate = () => stripe.world.pay({ amount: 7_000 + late.paid++ });
    const trickle = setInterval(() => {
      if (late.paid < late.of) void payLate();
    }, 20);
    for (let nth = 0; nth < 3; nth += 1) await harness.sync();
    clearInterval(trickle);
    stripe.faults.clear();
    blnk.faults.clear();
    while (late.paid < late.of) await payLate();
    await harness.db.query(
      `update movements set retry_at = now() where instance_id = $1 and state = 'quarantined'`,
      [harness.instanceId],
    );
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    await expectTrue(harness);
    expectIdle((await harness.sync()).row);
  });
});
