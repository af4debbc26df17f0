/** Single postings that fail, and a ledger that holds other things under our references. */
import { findPayIn } from '../../src/store/movements';
import type { ProxyAction } from '../support/proxies/http-proxy';
import { givingUpSoon } from '../support/worlds/fault-harness';
import { startHarness, type Harness } from '../support/worlds/harness';
import { makeDue } from '../support/worlds/make-due';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ proxied: true });
  await harness.sync();
});
afterAll(() => harness.close());
afterEach(() => harness.intercept());

const pay = (count: number) =>
  Promise.all(Array.from({ length: count }, () => harness.stripe.world.pay()));

const payInOf = (id: string) => findPayIn(harness.db, harness.instanceId, id);

/** Spoils postings only; look-ups pass. */
function onPostings(decide: (reference: string, nth: number) => ProxyAction): void {
  const asked = new Map<string, number>();
  harness.intercept(({ method, path, body }) => {
    if (method !== 'POST' || path !== '/transactions') return 'pass';
    const { reference } = JSON.parse(body) as { reference: string };
    const nth = (asked.get(reference) ?? 0) + 1;
    asked.set(reference, nth);
    return decide(reference, nth);
  });
}

const failing = { status: 500, json: { error_detail: { code: 'GEN_INTERNAL' } } };
const invalid = { status: 400, json: { error_detail: { code: 'TXN_VALIDATION_ERROR' } } };

/** The same transaction as ours, posted by somebody else; fields to differ in. */
async function book(reference: string, fields: Record<string, unknown> = {}): Promise<void> {
  const response = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      precise_amount: 2000,
      precision: 100,
      currency: 'USD',
      reference,
      source: '@stripe',
      destination: '@cus_1',
      description: 'Payment',
      effective_date: '2026-03-01T12:30:05Z',
      meta_data: { stripe_payment_intent_id: reference, stripe_customer_id: 'cus_1' },
      allow_overdraft: true,
      skip_queue: true,
      ...fields,
    }),
  });
  expect(response.status).toBe(201);
}

const onlyOne = (reference: string) =>
  harness.booked().filter((row) => row.reference.startsWith(reference));

it('a posting that fails while the others get through is set aside, and its page goes on', async () => {
  const intents = await pay(120);
  const sick = intents[60]!.id;
  onPostings((reference) => (reference === sick ? failing : 'pass'));
  const sync = await harness.sync();
  expect(sync).toMatchObject({
    status: 'completed_with_problems',
    recordsFound: 120,
    recordsPosted: 119,
    reasons: { BLNK_FAILED: 1 },
  });
  expect(await payInOf(sick)).toMatchObject({ state: 'quarantined', reason: 'BLNK_FAILED' });
  expect(onlyOne(sick)).toEqual([]);
});

it('a posting that is refused while the others are not is set aside as refused', async () => {
  const [sick] = await pay(10);
  onPostings((reference) => (reference === sick!.id ? invalid : 'pass'));
  expect(await harness.sync()).toMatchObject({ reasons: { BLNK_REFUSED: 1 }, recordsPosted: 9 });
});

it('postings that all fail are the ledger’s fault: nothing is set aside, and the next run posts them', async () => {
  const intents = await pay(12);
  onPostings(() => failing);
  expect(await givingUpSoon(harness, () => harness.sync())).toMatchObject({
    status: 'failed',
    error: { code: 'BLNK_UNAVAILABLE' },
    recordsFound: 0,
    recordsQuarantined: 0,
  });
  for (const { id } of intents) expect(await payInOf(id)).toMatchObject({ state: 'staged' });

  harness.intercept();
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 12,
    recordsPosted: 12,
  });
});

it('postings that are all refused are each set aside, since look-ups are answered', async () => {
  await pay(3);
  onPostings(() => invalid);
  expect(await harness.sync()).toMatchObject({
    status: 'completed_with_problems',
    reasons: { BLNK_REFUSED: 3 },
  });
  harness.intercept();
  await makeDue(harness.db, harness.instanceId);
  expect(await harness.sync()).toMatchObject({ recordsPosted: 5 });
});

it('postings whose answers are lost after they were booked are booked once, and counted as posted', async () => {
  const intents = await pay(20);
  onPostings((_reference, nth) => (nth === 1 ? 'lose' : 'pass'));
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 20,
    recordsPosted: 20,
    recordsAlreadyPosted: 0,
  });
  for (const { id } of intents) expect(onlyOne(id)).toHaveLength(1);
});

it('a 201 that is not APPLIED is looked up: booked all the same, or set aside', async () => {
  const [booked, lost] = await pay(2);
  const acknowledged = { status: 201, json: { transaction_id: 'txn_x', status: 'QUEUED' } };
  harness.intercept(async ({ path, body }) => {
    if (path !== '/transactions') return 'pass';
    const posting = JSON.parse(body) as { reference: string };
    if (posting.reference === booked!.id) await book(booked!.id, posting);
    return acknowledged;
  });
  expect(await harness.sync()).toMatchObject({
    status: 'completed_with_problems',
    recordsPosted: 1,
    reasons: { NOT_APPLIED: 1 },
  });
  expect(onlyOne(booked!.id)).toHaveLength(1);
  expect(await payInOf(lost!.id)).toMatchObject({ reason: 'NOT_APPLIED' });
});

const lockedOut = () => harness.blnk.requests.list().filter(({ status }) => status === 423).length;

it('a balance that is locked for a moment holds the sync up, and longer than we wait fails it', async () => {
  const { locks } = harness.blnk.ledger;
  await pay(12);
  locks.hold('@stripe');
  const held = harness.sync();
  // Longer than the rounds of a page take: its activity is repeated.
  while (lockedOut() <= 12) await new Promise((resolve) => setTimeout(resolve, 5));
  locks.release('@stripe');
  expect(await held).toMatchObject({ status: 'completed', recordsPosted: 12 });

  await pay(1);
  locks.hold('@stripe');
  expect(await givingUpSoon(harness, () => harness.sync())).toMatchObject({
    status: 'failed',
    error: { code: 'BLNK_LOCKED' },
  });
  locks.clear();
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
});

describe('what stands in the ledger already', () => {
  it('is compared, not trusted: equal is there, different is a conflict', async () => {
    const { world } = harness.stripe;
    const variants: [id: string, fields: Record<string, unknown>][] = [
      ['pi_same', {}],
      ['pi_amount', { precise_amount: 1999 }],
      ['pi_currency', { currency: 'EUR' }],
      ['pi_precision', { precision: 1 }],
      ['pi_customer', { meta_data: { stripe_customer_id: 'cus_2' } }],
      ['pi_without_metadata', { meta_data: undefined }],
    ];
    for (const [id, fields] of variants) {
      await book(id, fields);
      await world.pay({ id, amount: 2000, customer: 'cus_1' });
    }
    const before = harness.booked().length;
    expect(await harness.sync()).toMatchObject({
      status: 'completed_with_problems',
      recordsFound: 6,
      recordsPosted: 0,
      recordsAlreadyPosted: 2,
      reasons: { CONFLICT: 4 },
    });
    expect(harness.booked()).toHaveLength(before);
    expect(await payInOf('pi_without_metadata')).toMatchObject({ state: 'already_posted' });
    expect(await payInOf('pi_amount')).toMatchObject({ reason: 'CONFLICT', retryAt: null });
  });

  it('may be a leftover of queued mode: applied, rejected, or not decided yet', async () => {
    const { world } = harness.stripe;
    const queued = { skip_queue: undefined };
    await book('pi_applied', queued);
    await book('pi_burnt', { ...queued, allow_overdraft: undefined });
    while (harness.booked().filter(({ reference }) => reference.endsWith('_q')).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    harness.blnk.ledger.queue.setMode('hold');
    await book('pi_pending', queued);
    for (const id of ['pi_applied', 'pi_burnt', 'pi_pending']) {
      await world.pay({ id, amount: 2000, customer: 'cus_1' });
    }
    const before = harness.booked().length;
    expect(await harness.sync()).toMatchObject({
      status: 'completed_with_problems',
      recordsFound: 3,
      recordsPosted: 1,
      recordsAlreadyPosted: 1,
      reasons: { REFERENCE_PENDING: 1 },
    });
    expect(harness.booked()).toHaveLength(before + 1);
    expect(await payInOf('pi_burnt')).toMatchObject({ reference: 'pi_burnt.r2' });
    expect(await payInOf('pi_pending')).toMatchObject({ retryAt: expect.any(Date) as Date });
  });
});
