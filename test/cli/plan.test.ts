/** `sync --plan` against the sync that follows it: the same answer, and nothing written. */
import { dryRun } from '../../src/engine/dry-run';
import type { Plan } from '../../src/domain/plan';
import { loadConfig } from '../../src/config';
import type { Scope } from '../../src/domain/sync';
import { connectInstance } from '../../src/instances/registry';
import { startBlnkStandIn } from '../../sandbox/blnk/start';
import { startHarness, type Harness, type SyncOutcome } from '../support/worlds/harness';
import { makeDue } from '../support/worlds/make-due';

const DAY = 86_400;
const FULL: Scope = { kind: 'full' };
const SINCE = new Date(Date.now() - 30 * DAY * 1000).toISOString().slice(0, 10);

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ scenario: 'default', settings: { SYNC_SINCE: SINCE } });
});
afterAll(() => harness.close());

/** Every table that a sync writes, to the last column. */
async function everythingStored(): Promise<unknown> {
  const tables = ['instances', 'sources', 'stripe_syncs', 'movements'];
  return Promise.all(
    tables.map((table) =>
      harness.db.query(
        `select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest
         from ${table} t where instance_id = $1`,
        [harness.instanceId],
      ),
    ),
  );
}

async function plan(scope = FULL, settings = {}, acceptSource = false): Promise<Plan> {
  const { instance } = loadConfig('cli', {
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: harness.stripe.url,
    STRIPE_READS_PER_SECOND: '25',
    BLNK_KIND: 'core',
    BLNK_URL: harness.blnk.url,
    BLNK_API_KEY: 'blnk_sandbox',
    BLNK_INSTANCE_ID: harness.instanceId,
    SYNC_SINCE: SINCE,
    ...settings,
  });
  if (!instance) throw new Error('the settings name no instance');
  const stored = await everythingStored();
  const booked = harness.totals().blnk;
  const ends = connectInstance(() => Promise.resolve(harness.db), instance, { confirmAfterMs: 10 });
  const planned = await dryRun(
    { db: harness.db, ends, show: () => undefined },
    scope,
    acceptSource,
  );
  expect(await everythingStored()).toEqual(stored);
  expect(harness.totals().blnk).toEqual(booked);
  return planned;
}

/** A plan in the words of a report. */
function asReport(planned: Plan) {
  const amounts = Object.entries(planned.amounts).map(([currency, sums]) => {
    const { found, toPost: posted, alreadyPosted, toSetAside: quarantined, beforeSince } = sums;
    return [currency, { found, posted, alreadyPosted, quarantined, beforeSince }];
  });
  return {
    recordsFound: planned.recordsFound,
    recordsPosted: planned.recordsToPost,
    recordsAlreadyPosted: planned.recordsAlreadyPosted,
    recordsQuarantined: planned.recordsToSetAside,
    recordsBeforeSince: planned.recordsBeforeSince,
    reasons: planned.reasons,
    amounts: Object.fromEntries(amounts) as SyncOutcome['amounts'],
  };
}

async function expectPlanned(scope = FULL): Promise<SyncOutcome> {
  const planned = await plan(scope);
  const report = await harness.sync({ scope });
  expect(report).toMatchObject(asReport(planned));
  return report;
}

test('the first sync, with what succeeded before SYNC_SINCE', async () => {
  const report = await expectPlanned();
  expect(report.recordsPosted).toBeGreaterThan(100);
  expect(report.recordsBeforeSince).toBeGreaterThan(100);
});

test('what came since: new, late, and one that is set aside, then all of it tried again', async () => {
  const { world, clock } = harness.stripe;
  const now = clock.nowSeconds();
  await world.pay({ amount: 700, currency: 'usd' });
  await world.pay({ amount: 900, currency: 'eur', createdAt: now - 20 * DAY, succeededAt: now });
  await world.pay({ amount: 5, currency: 'xts' });
  expect(await expectPlanned()).toMatchObject({ recordsPosted: 2, recordsQuarantined: 1 });
  await makeDue(harness.db, harness.instanceId);
  expect(await expectPlanned()).toMatchObject({ recordsFound: 0 });
});

test('a range and one payment, most of it in the ledger already', async () => {
  const now = harness.stripe.clock.nowSeconds();
  const range = await expectPlanned({ kind: 'range', from: now - 3 * DAY, to: now + 1 });
  expect(range.recordsAlreadyPosted).toBeGreaterThan(0);
  const [first] = harness.booked();
  const one: Scope = { kind: 'payment', paymentIntentId: first?.reference ?? '' };
  expect(await expectPlanned(one)).toMatchObject({ recordsFound: 1, recordsAlreadyPosted: 1 });
  await expect(plan({ kind: 'payment', paymentIntentId: 'pi_nobody' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('another ledger is an error, unless it is accepted: then everything is planned anew', async () => {
  const other = await startBlnkStandIn();
  const moved = { BLNK_URL: other.url };
  await expect(plan(FULL, moved)).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    details: {
      changed: 'ledger',
      was: expect.stringMatching(/^http:/) as string,
      is: other.url,
    },
  });
  const accepted = await plan(FULL, moved, true);
  expect(accepted.recordsAlreadyPosted).toBe(0);
  expect(accepted.recordsToPost).toBe(harness.totals().blnk.count);
  await other.close();
});

test('an instance that was never synced, and a changed SYNC_SINCE after the first posting', async () => {
  const fresh = await plan(FULL, { BLNK_INSTANCE_ID: 'never_synced' });
  expect(fresh.recordsAlreadyPosted).toBe(harness.totals().blnk.count);
  // Its movements would begin, and no figure of the plan is of these.
  expect(fresh.movementsLeftOut).toBe('begin');
  const alone = { BLNK_INSTANCE_ID: 'never_synced', MOVEMENTS: 'off' };
  expect(await plan(FULL, alone)).not.toHaveProperty('movementsLeftOut');
  expect(await plan()).not.toHaveProperty('movementsLeftOut');
  await expect(plan(FULL, { SYNC_SINCE: 'all' })).rejects.toMatchObject({
    code: 'INSTANCE_FROZEN',
  });
});

test('a watermark that Stripe no longer covers plans the full listing that a sync would read', async () => {
  harness.stripe.clock.advance(40 * DAY);
  const report = await expectPlanned();
  expect(report.recordsFound).toBeGreaterThan(100);
});
