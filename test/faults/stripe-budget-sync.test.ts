/** Syncs within the budget of their Stripe account: its rate, its count, and the warning. */
import { startHarness, type Harness } from '../support/worlds/harness';

const PER_SECOND = 3;

describe('a sync of many pages', () => {
  let harness: Harness;

  beforeAll(async () => {
    const settings = { STRIPE_READS_PER_SECOND: String(PER_SECOND) };
    harness = await startHarness({ settings });
    const { world } = harness.stripe;
    // Pages to read, with hardly anything to post.
    await Promise.all(Array.from({ length: 1200 }, () => world.create()));
    await world.pay();
    await harness.sync();
  });
  afterAll(() => harness.close());

  const warnings = () => harness.log.filter((line) => line.includes('"stripe.reads_nearly_spent"'));

  it('keeps to the rate, so that a token bucket of it never refuses', () => {
    const sent = harness.stripe.requests.list().map(({ startedAt }) => startedAt);
    expect(sent.length).toBeGreaterThan(10);
    expect(harness.stripe.requests.countsByStatus()).toEqual({ 200: sent.length });
    // A second's worth, one for its edges, and one for what is under way for different times.
    const size = PER_SECOND + 2;
    let tokens = size;
    let at = Math.min(...sent);
    for (const now of sent.sort((a, b) => a - b)) {
      tokens = Math.min(size, tokens + ((now - at) / 1000) * PER_SECOND) - 1;
      at = now;
      expect(tokens).toBeGreaterThanOrEqual(0);
    }
    expect(harness.totals().blnk).toEqual(harness.totals().stripe);
  });

  it('is counted request by request', async () => {
    const [row] = await harness.db.query<{ reads: number }>(
      'select reads from stripe_reads where account = $1',
      [harness.stripe.account],
    );
    // The first one asked for the account and was counted for the key.
    expect(row?.reads).toBe(harness.stripe.requests.total() - 1);
  });

  it('warns in the worker’s log once a day, when most of the reads of 30 days are spent', async () => {
    expect(warnings()).toEqual([]);
    await harness.db.query(`update stripe_reads set reads = 9000 where account = $1`, [
      harness.stripe.account,
    ]);
    await harness.sync();
    expect(warnings()).toEqual([]);
    await harness.db.query('update stripe_budget set checked_on = null where account = $1', [
      harness.stripe.account,
    ]);
    await harness.sync();
    await harness.sync();
    expect(warnings()).toHaveLength(1);
    expect(JSON.parse(warnings()[0]!)).toMatchObject({ instanceId: harness.instanceId });
  });
});
