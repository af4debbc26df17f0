/** What a sync brings into the ledger: everything, once, exactly, from first run to idle run. */
import type { Intent } from '../../sandbox/stripe/objects/intent';
import { currentSource } from '../../src/store/sources';
import { startHarness, type Harness } from '../support/worlds/harness';

const DAY = 24 * 60 * 60;
const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const watermark = async (harness: Harness) =>
  (await currentSource(harness.db, harness.instanceId))?.watermark ?? null;

const bookingOf = (harness: Harness, intent: Intent) =>
  harness.booked().filter(({ reference }) => reference.startsWith(intent.id));

/** Equal in count and money, no reference twice, nothing under a reference that is not Stripe's. */
function expectEqual(harness: Harness): void {
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
  const references = harness.booked().map(({ reference }) => reference);
  expect(new Set(references).size).toBe(references.length);
  for (const reference of references) {
    expect(harness.stripe.world.find(reference)?.status).toBe('succeeded');
  }
}

describe('a history of 1,000 pay-ins', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ scenario: 'default' });
  });
  afterAll(() => harness.close());

  it('is posted once and reported to the cent', async () => {
    const first = await harness.sync();
    expect(first).toMatchObject({
      status: 'completed',
      recordsFound: 1000,
      recordsPosted: 1000,
      recordsAlreadyPosted: 0,
      recordsQuarantined: 0,
      reasons: {},
    });
    const posted = Object.entries(first.amounts).map(([code, sums]) => [code, sums.posted]);
    expect(Object.fromEntries(posted)).toEqual(harness.totals().stripe.amounts);
    expectEqual(harness);
  });

  it('has the amount, precision, balances, dates and metadata of Stripe in every booking', () => {
    const decimals: Record<string, number> = { usd: 100, eur: 100, gbp: 100, jpy: 1, kwd: 1000 };
    const partial = new Set<string>();
    for (const booking of harness.booked()) {
      const intent = harness.stripe.world.find(booking.reference)!;
      if (intent.amount !== intent.amountReceived) partial.add(intent.id);
      expect(booking).toMatchObject({
        status: 'APPLIED',
        precise_amount: Number(intent.amountReceived),
        precision: decimals[intent.currency],
        currency: intent.currency.toUpperCase(),
        from: '@stripe',
        to: intent.customer === null ? '@stripe-guest' : `@${intent.customer}`,
        effective_date: rfc3339(intent.created),
        description: 'Imported pay-in from Stripe',
        meta_data: {
          stripe_payment_intent_id: intent.id,
          stripe_sync: { account: harness.stripe.account, livemode: false },
        },
      });
      expect(booking.meta_data.stripe_customer_id).toBe(intent.customer ?? undefined);
      // A full listing does not tell when a payment succeeded, so nothing is claimed.
      expect(booking.meta_data.stripe_sync['succeeded_at']).toBeUndefined();
    }
    // The scenario is only worth something if it has partial and over-captures.
    expect(partial.size).toBeGreaterThan(10);
  });

  it('is looked up once more by the next run, a hundred at a time', async () => {
    harness.blnk.requests.clear();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    const asked = harness.blnk.requests.list().map(({ path }) => path);
    const { count } = harness.totals().blnk;
    // The newest hundred in the beginning as well.
    expect(asked).toEqual(Array(1 + Math.ceil(count / 100)).fill('/transactions/filter'));
  });

  it('costs an idle run one read of Stripe, one look-up and no posting', async () => {
    harness.stripe.requests.clear();
    harness.blnk.requests.clear();
    const before = harness.totals();
    const second = await harness.sync();
    expect(second).toMatchObject({ status: 'completed', recordsFound: 0, recordsPosted: 0 });
    expect(harness.stripe.requests.list().map(({ path }) => path)).toEqual(['/v1/events']);
    const asked = harness.blnk.requests.list().map(({ path }) => path);
    expect(asked).toEqual(['/transactions/filter']);
    expect(harness.totals()).toEqual(before);
  });

  it('is followed by a payment that is made between two runs', async () => {
    harness.stripe.clock.advance(60);
    const intent = await harness.stripe.world.pay({ amount: 4321 });
    const sync = await harness.sync();
    expect(sync).toMatchObject({ status: 'completed', recordsFound: 1, recordsPosted: 1 });
    expect(bookingOf(harness, intent)).toMatchObject([
      { precise_amount: 4321, meta_data: { stripe_sync: { sync_id: sync.syncId } } },
    ]);
    expectEqual(harness);
  });

  it('takes over a payment that succeeds days after it was created', async () => {
    const intent = await harness.stripe.world.create({ amount: 7700, status: 'processing' });
    expect(await harness.sync()).toMatchObject({ recordsFound: 0 });
    harness.stripe.clock.advance(9 * DAY);
    const at = harness.stripe.clock.nowSeconds();
    await harness.stripe.world.succeed(intent.id, { at });
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expect(bookingOf(harness, intent)).toMatchObject([
      {
        effective_date: rfc3339(intent.created),
        meta_data: {
          stripe_sync: { succeeded_at: rfc3339(at) },
        },
      },
    ]);
    expectEqual(harness);
  });

  it('takes what was captured of an authorisation, be it less or more', async () => {
    const { world } = harness.stripe;
    const authorised = { amount: 10_000, status: 'requires_capture' } as const;
    const less = await world.create(authorised);
    const more = await world.create(authorised);
    await world.succeed(less.id, { amountReceived: 6_001 });
    await world.succeed(more.id, { amountReceived: 10_750 });
    expect(await harness.sync()).toMatchObject({ recordsPosted: 2 });
    expect(bookingOf(harness, less)).toMatchObject([{ precise_amount: 6_001 }]);
    expect(bookingOf(harness, more)).toMatchObject([{ precise_amount: 10_750 }]);
  });

  it('gets with a following run what Stripe shows late', async () => {
    // Its event appears five minutes after it is dated, behind others that are seen at once.
    const late = await harness.stripe.world.pay({ amount: 901, lagSeconds: 300 });
    harness.stripe.clock.advance(200);
    await harness.stripe.world.pay({ amount: 902 });
    expect(await harness.sync()).toMatchObject({ recordsPosted: 1 });
    harness.stripe.clock.advance(120);
    expect(await harness.sync()).toMatchObject({ recordsPosted: 1 });
    expect(bookingOf(harness, late)).toHaveLength(1);
    expectEqual(harness);
  });

  it('leaves the watermark alone when a range or one payment is read', async () => {
    const { world, clock } = harness.stripe;
    const from = clock.nowSeconds();
    const [first, second] = [await world.pay(), await world.pay()];
    clock.advance(3600);
    const before = await watermark(harness);

    const payment = { kind: 'payment', paymentIntentId: first.id } as const;
    expect(await harness.sync({ scope: payment })).toMatchObject({
      status: 'completed',
      recordsFound: 1,
      recordsPosted: 1,
    });
    expect(bookingOf(harness, second)).toEqual([]);
    const outside = { kind: 'range', from: from + 1, to: clock.nowSeconds() } as const;
    expect(await harness.sync({ scope: outside })).toMatchObject({ recordsFound: 0 });
    const range = { kind: 'range', from, to: from + 1 } as const;
    expect(await harness.sync({ scope: range })).toMatchObject({
      recordsFound: 2,
      recordsPosted: 1,
      recordsAlreadyPosted: 1,
    });

    expect(await watermark(harness)).toBe(before);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    // As far as the newest event: this clock is days ahead of the database's by now.
    expect(await watermark(harness)).toBeGreaterThanOrEqual(from);
    expect(await watermark(harness)).toBeLessThan(clock.nowSeconds() - 3500);
    expectEqual(harness);
  });

  it('says that a payment does not exist, or has not succeeded', async () => {
    const missing = { kind: 'payment', paymentIntentId: 'pi_nobody' } as const;
    expect(await harness.sync({ scope: missing })).toMatchObject({
      status: 'failed',
      error: { code: 'NOT_FOUND' },
      row: { errorDetails: { payment_intent: 'pi_nobody' } },
    });
    const open = await harness.stripe.world.create({ status: 'requires_action' });
    const scope = { kind: 'payment', paymentIntentId: open.id } as const;
    expect(await harness.sync({ scope })).toMatchObject({ status: 'completed', recordsFound: 0 });
  });

  it('is listed again, and found complete, after a month without a run', async () => {
    harness.stripe.clock.advance(31 * DAY);
    const intent = await harness.stripe.world.pay({ amount: 555 });
    const { count } = harness.totals().stripe;
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: count,
      recordsPosted: 1,
      recordsAlreadyPosted: count - 1,
    });
    expect(bookingOf(harness, intent)).toHaveLength(1);
    expectEqual(harness);
  });
});
