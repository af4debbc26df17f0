/** What a person has dealt with is closed: kept as a row, no problem any more, and never posted by itself. */
import { dryRun } from '../../src/engine/dry-run';
import { problemsOf } from '../../src/domain/problems';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { findPayIn, listQuarantine } from '../../src/store/movements';
import { readProblemFacts } from '../../src/store/problem-facts';
import { countSetAside } from '../../src/store/pay-in-totals';
import { closePayIns } from '../../src/store/set-aside';
import { startHarness, type Harness } from '../support/worlds/harness';
import { makeDue } from '../support/worlds/make-due';

const EVERYTHING = { kind: 'range', from: 1_262_304_000, to: 4_102_444_800 } as const;
const BY = { by: 'ada', note: 'booked by hand on 3 May' };

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness({ proxied: true });
});
afterEach(() => harness.close());

const payInOf = (id: string) => findPayIn(harness.db, harness.instanceId, id);
const close = async (id: string) => {
  const choice = { kind: 'one', id } as const;
  return (await closePayIns(harness.db, harness.instanceId, choice, BY)).length > 0;
};
const list = async (which: 'current' | 'open' | 'closed') =>
  (await listQuarantine(harness.db, harness.instanceId, 100, which)).map(({ id }) => id);
const counts = () => countSetAside(harness.db, harness.instanceId);
const problems = async () =>
  problemsOf((await readProblemFacts(harness.db, harness.instanceId))!).map(
    ({ problem }) => problem,
  );
const references = () => harness.booked().map(({ reference }) => reference);

async function book(reference: string, amount: number, destination: string): Promise<void> {
  const response = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      ...{ precise_amount: amount, precision: 100, currency: 'USD', reference },
      ...{ source: '@stripe', destination, description: 'x' },
      ...{ allow_overdraft: true, skip_queue: true },
    }),
  });
  if (response.status !== 201) throw new Error(`not booked: ${response.status}`);
}

/** One of four, which Blnk refuses while it takes the others. */
async function refusedOne(): Promise<{ id: string; customer: string | null }> {
  const [one] = await Promise.all(
    Array.from({ length: 4 }, () => harness.stripe.world.pay({ amount: 2000 })),
  );
  const { id, customer } = one!;
  harness.intercept(({ path, body }) =>
    path === '/transactions' && body.includes(id) ? { status: 400, json: {} } : 'pass',
  );
  expect(await harness.sync()).toMatchObject({ recordsPosted: 3, reasons: { BLNK_REFUSED: 1 } });
  return { id, customer };
}

it('is over as a problem, keeps who, when and why, and leaves the reports as they were', async () => {
  const { id } = await harness.stripe.world.pay({ currency: 'xts' });
  await book('pi_conflict', 1, '@cus_1');
  await harness.stripe.world.pay({ id: 'pi_conflict', customer: 'cus_1' });
  const report = await harness.sync();
  expect(report).toMatchObject({ recordsFound: 2, recordsQuarantined: 2 });
  expect((await problems()).sort()).toEqual(['CONFLICT', 'QUARANTINE']);

  expect(await close(id)).toBe(true);
  expect(await close(id)).toBe(false);
  expect(await problems()).toEqual(['CONFLICT']);
  expect(await close('pi_conflict')).toBe(true);
  expect(await problems()).toEqual([]);
  expect(await payInOf(id)).toMatchObject({
    ...{ state: 'quarantined', reason: 'CURRENCY_UNKNOWN', retryAt: null },
    ...{ closedBy: 'ada', closedNote: BY.note, closedAt: expect.any(Date) as Date },
  });
  expect([await list('open'), (await list('closed')).sort()]).toEqual([
    [],
    ['pi_conflict', id].sort(),
  ]);
  expect(await counts()).toEqual({ quarantined: 0, closed: 2, left: 0 });

  expect(await makeDue(harness.db, harness.instanceId)).toBe(0);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  // Counted as set aside where it is read again, as nothing new.
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
    ...{ status: 'completed', recordsFound: 2, recordsQuarantined: 2 },
    row: { newlyQuarantined: 0 },
  });
  expect(await list('open')).toEqual([]);
  expect(await close('pi_unknown')).toBe(false);
});

it('is not posted by a listing, even where it could be now: it may be booked by hand', async () => {
  const { id } = await refusedOne();
  expect(await close(id)).toBe(true);
  harness.intercept();
  const ends = await harness.deps.connect(harness.instanceId);
  const parts = { db: harness.db, ends, show: () => undefined };
  expect(await dryRun(parts, EVERYTHING, false)).toMatchObject({
    ...{ recordsFound: 4, recordsToPost: 0, recordsToSetAside: 1 },
  });
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
    ...{ status: 'completed', recordsFound: 4, recordsAlreadyPosted: 3 },
    ...{ reasons: { BLNK_REFUSED: 1 }, row: { newlyQuarantined: 0 } },
  });
  expect(await payInOf(id)).toMatchObject({ closedBy: 'ada', retryAt: null });
  const scope = { kind: 'payment', paymentIntentId: id } as const;
  expect(await harness.sync({ scope })).toMatchObject({ recordsPosted: 0, recordsQuarantined: 1 });
  expect(references()).not.toContain(id);

  expect(await makeDue(harness.db, harness.instanceId, id)).toBe(1);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
  expect(await payInOf(id)).toMatchObject({ state: 'posted', closedAt: null, closedBy: null });
});

it('is open again once Stripe says something else, and waits for the person once more', async () => {
  const { id } = await refusedOne();
  await close(id);
  harness.intercept();
  await harness.db.query(
    'update movements set amount = amount - 1 where instance_id = $1 and movement_id = $2',
    [harness.instanceId, id],
  );
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
    ...{ status: 'completed_with_problems', recordsPosted: 0 },
    ...{ reasons: { CHANGED_SINCE_CLOSED: 1 }, row: { newlyQuarantined: 1 } },
  });
  expect([await list('current'), await problems()]).toEqual([[id], ['QUARANTINE']]);
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
    ...{ status: 'completed', recordsPosted: 0, row: { newlyQuarantined: 0 } },
  });
  expect(await close(id)).toBe(true);
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({ recordsPosted: 0 });
  expect([await list('current'), await list('closed')]).toEqual([[], [id]]);
  expect(references()).not.toContain(id);
});

it('that is found booked under its own reference is in the ledger like any other', async () => {
  const { id, customer } = await refusedOne();
  await close(id);
  harness.intercept();
  await book(id, 2000, `@${customer}`);
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({ recordsAlreadyPosted: 4 });
  expect(await payInOf(id)).toMatchObject({ state: 'already_posted', closedAt: null });
  expect(await counts()).toEqual({ quarantined: 0, closed: 0, left: 0 });
});

it('an amount of zero needs nobody: counted, closed at once, and no problem', async () => {
  const { id } = await harness.stripe.world.pay({ amount: 1500, amountReceived: 0 });
  const { id: negative } = await harness.stripe.world.pay({ amount: 1500, amountReceived: -1 });
  expect(await harness.sync()).toMatchObject({
    ...{ status: 'completed_with_problems', recordsFound: 2, recordsQuarantined: 2 },
    ...{ reasons: { AMOUNT_ZERO: 1, AMOUNT_NOT_POSITIVE: 1 }, row: { newlyQuarantined: 1 } },
  });
  expect([await list('open'), await list('closed')]).toEqual([[negative], [id]]);
  await close(negative);
  expect(await problems()).toEqual([]);
  expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
    ...{ status: 'completed', recordsQuarantined: 2, row: { newlyQuarantined: 0 } },
  });
  const zero = await harness.stripe.world.pay({ amount: 1500, amountReceived: 0 });
  expect(await harness.sync()).toMatchObject({
    ...{ status: 'completed', recordsFound: 1, recordsQuarantined: 1 },
  });
  expect((await list('closed')).sort()).toEqual([id, negative, zero.id].sort());
});

describe('an account that was left', () => {
  let other: StripeStandIn;
  beforeEach(async () => {
    other = await startStripeStandIn({
      ...{ scenario: 'empty', seed: `${harness.instanceId}-other`, account: 'acct_1Other' },
      keys: [{ key: 'sk_test_other', livemode: false }],
    });
  });
  afterEach(() => other.close());

  it('leaves no problem open, and what it has set aside is shown as its own and can be closed', async () => {
    const { id } = await harness.stripe.world.pay({ currency: 'xts' });
    await harness.sync();
    expect(await problems()).toEqual(['QUARANTINE']);
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'sk_test_other', STRIPE_API_BASE: other.url });
    expect(await harness.sync({ acceptSource: true })).toMatchObject({ status: 'completed' });

    expect(await problems()).toEqual([]);
    expect([await list('current'), await list('open')]).toEqual([[], [id]]);
    const [row] = await listQuarantine(harness.db, harness.instanceId, 1, 'open');
    expect(row).toMatchObject({ id, leftAccount: harness.stripe.account });
    expect(await counts()).toEqual({ quarantined: 0, closed: 0, left: 1 });
    expect(await makeDue(harness.db, harness.instanceId, id)).toBe(0);

    expect(await close(id)).toBe(true);
    expect(await counts()).toEqual({ quarantined: 0, closed: 1, left: 0 });
  });

  it('that comes back has its problem again', async () => {
    await harness.stripe.world.pay({ currency: 'xts' });
    await harness.sync();
    await harness.reconfigure({ STRIPE_SECRET_KEY: 'sk_test_other', STRIPE_API_BASE: other.url });
    await harness.sync({ acceptSource: true });
    await harness.reconfigure({});
    expect(await harness.sync({ acceptSource: true })).toMatchObject({ recordsQuarantined: 1 });
    expect(await problems()).toEqual(['QUARANTINE']);
  });
});
