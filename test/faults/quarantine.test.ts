/** Pay-ins that were set aside: when they are tried again, and what that is counted as. */
import { countPayIns } from '../../src/store/pay-in-totals';
import { findPayIn, listQuarantine } from '../../src/store/movements';
import { startHarness, type Harness } from '../support/worlds/harness';
import { makeDue } from '../support/worlds/make-due';

let harness: Harness;
let failing: (reference: string) => boolean;
let asked: string[];

beforeAll(async () => {
  harness = await startHarness({
    proxied: true,
    patience: { silenceMs: 300, roundWaitsMs: [5, 5] },
  });
  await harness.sync();
});
afterAll(() => harness.close());
beforeEach(() => {
  failing = () => false;
  asked = [];
  harness.intercept(({ path, body }) => {
    if (path !== '/transactions') return 'pass';
    const { reference } = JSON.parse(body) as { reference: string };
    asked.push(reference);
    return failing(reference) ? { status: 500, json: {} } : 'pass';
  });
});

const payInOf = (id: string) => findPayIn(harness.db, harness.instanceId, id);
const due = (id?: string) => makeDue(harness.db, harness.instanceId, id);

async function pay(count: number): Promise<string[]> {
  const intents = Array.from({ length: count }, () => harness.stripe.world.pay());
  return (await Promise.all(intents)).map(({ id }) => id);
}

async function minutesUntilRetry(id: string): Promise<number> {
  const { retryAt } = (await payInOf(id))!;
  return Math.round((retryAt!.getTime() - Date.now()) / 60_000);
}

it('a passing reason is tried again later and later, and not before it is due', async () => {
  const [sick = '', ...healthy] = await pay(10);
  failing = (reference) => reference === sick;
  expect(await harness.sync()).toMatchObject({
    status: 'completed_with_problems',
    recordsPosted: healthy.length,
    reasons: { BLNK_FAILED: 1 },
    row: { newlyQuarantined: 1 },
  });
  expect(await payInOf(sick)).toMatchObject({ attempts: 1, reason: 'BLNK_FAILED' });
  expect(await minutesUntilRetry(sick)).toBe(1);

  asked = [];
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  expect(asked).toEqual([]);

  for (const [attempts, minutes] of [
    [2, 2],
    [3, 4],
    [4, 8],
  ] as const) {
    expect(await due(sick)).toBe(1);
    // It was counted when it was set aside.
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 0,
      recordsQuarantined: 0,
      row: { newlyQuarantined: 0 },
    });
    expect(await payInOf(sick)).toMatchObject({ attempts, state: 'quarantined' });
    expect(await minutesUntilRetry(sick)).toBe(minutes);
  }

  failing = () => false;
  await due(sick);
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 1,
    recordsPosted: 1,
  });
  expect(await payInOf(sick)).toMatchObject({ state: 'posted', reason: null, retryAt: null });
});

it('a reason that needs a person is tried again only when that person says so', async () => {
  const { id } = await harness.stripe.world.pay({ currency: 'xts' });
  expect(await harness.sync()).toMatchObject({ reasons: { CURRENCY_UNKNOWN: 1 } });
  expect(await payInOf(id)).toMatchObject({ retryAt: null, attempts: 1 });
  expect(await harness.sync()).toMatchObject({ recordsFound: 0 });
  expect(await payInOf(id)).toMatchObject({ attempts: 1 });

  expect(await due()).toBe(1);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  expect(await payInOf(id)).toMatchObject({ attempts: 2, retryAt: null, state: 'quarantined' });
  const held = await listQuarantine(harness.db, harness.instanceId, 10);
  expect(held.map((payIn) => payIn.id)).toEqual([id]);
});

it('more than a page of them is sent once the ledger takes them again', async () => {
  const ids = await pay(130);
  const [healthy] = ids;
  failing = (reference) => reference !== healthy;
  // Those behind the healthy one are their own fault; of those before it nobody can tell in this run.
  expect(await harness.sync()).toMatchObject({ recordsPosted: 1 });
  failing = () => false;
  await due();
  const next = await harness.sync();
  expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
  for (const id of ids) {
    expect(harness.booked().filter(({ reference }) => reference === id)).toHaveLength(1);
  }
  expect(await countPayIns(harness.db, harness.instanceId)).toMatchObject({ quarantined: 1 });
});

it('sick ones that are due do not keep healthy ones from being sent', async () => {
  const sick = new Set(await pay(40));
  failing = (reference) => sick.has(reference);
  const healthy = await pay(3);
  await harness.sync();
  for (let run = 0; run < 2; run += 1) {
    await due();
    await harness.sync();
  }
  for (const id of healthy) expect(await payInOf(id)).toMatchObject({ state: 'posted' });
  for (const id of sick) expect(await payInOf(id)).toMatchObject({ state: 'quarantined' });

  failing = () => false;
  await due();
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: sick.size });
});

it('one whose reference was queued is there once Blnk has decided it', async () => {
  const { queue } = harness.blnk.ledger;
  queue.setMode('hold');
  const response = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      ...{ precise_amount: 2000, precision: 100, currency: 'USD', reference: 'pi_waiting' },
      ...{ source: '@stripe', destination: '@cus_1', description: 'x', allow_overdraft: true },
    }),
  });
  expect(await response.json()).toMatchObject({ status: 'QUEUED' });
  await harness.stripe.world.pay({ id: 'pi_waiting', amount: 2000, customer: 'cus_1' });
  expect(await harness.sync()).toMatchObject({ reasons: { REFERENCE_PENDING: 1 } });
  expect(await minutesUntilRetry('pi_waiting')).toBe(1);
  await due('pi_waiting');
  await harness.sync();
  expect(await payInOf('pi_waiting')).toMatchObject({ attempts: 2, state: 'quarantined' });

  queue.setMode('work');
  while (!harness.blnk.ledger.byReference('pi_waiting_q')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await due('pi_waiting');
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 1,
    recordsAlreadyPosted: 1,
  });
  expect(harness.booked().filter(({ reference }) => reference === 'pi_waiting')).toHaveLength(1);
});

it('one that is read again from Stripe is judged by what Stripe says now', async () => {
  const { world } = harness.stripe;
  const conflict = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      ...{ precise_amount: 1, precision: 100, currency: 'USD', reference: 'pi_conflict' },
      ...{ source: '@stripe', destination: '@cus_1', description: 'x' },
      ...{ allow_overdraft: true, skip_queue: true },
    }),
  });
  expect(conflict.status).toBe(201);
  const { id } = await world.pay({ id: 'pi_conflict', amount: 2 });
  expect(await harness.sync()).toMatchObject({ reasons: { CONFLICT: 1 } });
  const scope = { kind: 'payment', paymentIntentId: id } as const;
  expect(await harness.sync({ scope })).toMatchObject({
    status: 'completed',
    recordsFound: 1,
    reasons: { CONFLICT: 1 },
    row: { newlyQuarantined: 0 },
  });
  expect(await payInOf(id)).toMatchObject({ state: 'quarantined', attempts: 2, retryAt: null });
});
