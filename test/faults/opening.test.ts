/** Enabling movements: what the opening balance is computed from, what stops it, and what is frozen. */
import type { ErrorCode, SyncError } from '../../src/domain/errors';
import { openingAsJson } from '../../src/domain/opening/opening-text';
import {
  closeMovements,
  findOpening,
  openMovements,
  reopenMovements,
} from '../../src/engine/opening/opening';
import {
  planOpening,
  type OpeningAsk,
  type OpeningPlan,
} from '../../src/engine/opening/opening-plan';
import { listAcceptances } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { readInstance } from '../../src/store/instances';
import { findLeg } from '../../src/store/legs';
import { readNotYet } from '../../src/store/not-yet';
import { findEnabled, readOpenings } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource, type SourceRow } from '../../src/store/sources';
import { openSync } from '../../src/store/syncs';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const at = (time: string) => Date.parse(time) / 1000;
const CUT_OVER = at('2026-06-01T00:00:00Z');
const NOW = at('2026-06-11T12:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };
const LATER: OpeningAsk = { since: CUT_OVER, absorb: false };
const never = new AbortController().signal;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

async function begin(settings: Readonly<Record<string, string>> = SINCE): Promise<void> {
  world = await startWorld(db, { startAt: NOW, settings });
}

const pause = (seconds: number) => {
  world.clock.advance(seconds);
  return Promise.resolve();
};

function plan(ask: OpeningAsk = LATER, show: (line: string) => void = () => undefined) {
  return planOpening({ db, ends: world.connection, show, pause }, ask);
}

const codeOf = (work: Promise<unknown>): Promise<ErrorCode | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as SyncError).code,
  );

const pay = (id: string, time: string, amount = 10_000, currency = 'usd') =>
  world.stripe.world.pay({
    ...{ id, amount, currency, customer: 'cus_1', createdAt: at(time), succeededAt: at(time) },
  });

const usdOf = (found: OpeningPlan) => found.openings.find(({ currency }) => currency === 'USD');

async function source(): Promise<SourceRow> {
  return (await currentSource(db, world.instanceId))!;
}

/** What the ledger says that Stripe holds. */
async function heldInLedger(): Promise<bigint> {
  const balances = await world.connection.ledger.turnoversOf(['@stripe'], never);
  const usd = balances.find(({ currency }) => currency === 'USD');
  return usd ? usd.debits - usd.credits : 0n;
}

const foreign = (reference: string, amount: bigint) =>
  world.connection.ledger.post(
    aPosting({ reference, amount, source: '@stripe', destination: '@bank' }),
    never,
  );

/** Two pay-ins before the cut-over and one after, all booked; a refund before and a payout after it. */
async function aMonth(): Promise<void> {
  await begin();
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_also', '2026-05-31T23:59:59Z', 5_000);
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  const { money } = world.stripe.world;
  await money.refund({ payment: 'pi_before', amount: 1_000, at: at('2026-05-26T10:00:00Z') });
  await money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

const fee = (amount: number) => BigInt(Math.round(amount * 0.029) + 30);
const HELD = 10_000n - fee(10_000) + 5_000n - fee(5_000) - 1_000n;

describe('the plan', () => {
  test('opens what Stripe held at the cut-over, less what earlier pay-ins have brought', async () => {
    await aMonth();
    const found = await plan();
    expect(usdOf(found)).toMatchObject({
      ...{ held: HELD, earlier: 15_000n, amount: HELD - 15_000n, foreign: [], stop: null },
    });
    const since = 7_000n - fee(7_000) - 2_000n;
    expect(found.rows?.kinds).toMatchObject([
      { currency: 'USD', kind: 'charge', count: 1, net: 7_000n - fee(7_000) },
      { currency: 'USD', kind: 'payout', count: 1, net: -2_000n },
    ]);
    // Opened so, and with every movement since booked, the ledger holds what Stripe does.
    const movedSince = since - 7_000n;
    expect((await heldInLedger()) + usdOf(found)!.amount + movedSince).toBe(HELD + since);
    expect(openingAsJson(found)).toMatchObject({
      cutOver: '2026-06-01T00:00:00Z',
      currencies: [
        {
          currency: 'USD',
          opening: {
            ...{ from: '@stripe-opening', to: '@stripe', date: '2026-06-01T00:00:00Z' },
            reference: `opening.${(await source()).stripeAccount}.USD.2026-06-01`,
          },
        },
      ],
    });
    expect(await findOpening(db, world.connection)).toBeUndefined();
  });

  test('does not count a pay-in from before the cut-over whose charge has its row since', async () => {
    await begin();
    const late = { settle: { afterSeconds: 20 } };
    await world.stripe.world.pay({
      ...{ id: 'pi_late', amount: 10_000, currency: 'usd', ...late },
      ...{ createdAt: CUT_OVER - 10, succeededAt: CUT_OVER - 10 },
    });
    await world.driver.sync();
    expect(usdOf(await plan())).toMatchObject({ held: 0n, earlier: 0n, amount: 0n });
  });

  test('reads again while a row is near a reading, and a row that comes late counts', async () => {
    await aMonth();
    await pay('pi_now', '2026-06-11T12:00:01Z', 9_000);
    await world.stripe.world.money.adjustment({
      ...{ amount: -500, at: at('2026-06-11T11:59:00Z'), lagSeconds: 90 },
    });
    const lines: string[] = [];
    const found = await plan(LATER, (line) => lines.push(line));
    expect(usdOf(found)?.held).toBe(HELD);
    expect(lines).toContain('Reading Stripe’s balance: 2 of at most 8');
  });

  test('is of no balance that the next reading does not confirm, as of one that lags behind its time', async () => {
    await aMonth();
    const { stripe } = world.connection;
    let readings = 0;
    const readBalance: typeof stripe.readBalance = async (signal) => {
      const reading = await stripe.readBalance(signal);
      readings += 1;
      const lack = readings === 1 ? 500n : 0n;
      const parts = reading.parts.map((part) => ({ ...part, available: part.available - lack }));
      return { ...reading, parts };
    };
    const ends = { ...world.connection, stripe: { ...stripe, readBalance } };
    const parts = { db, ends, show: () => undefined, pause };
    expect(await codeOf(planOpening(parts, LATER))).toBe('OPENING_UNCERTAIN');
    readings = 1;
    expect(usdOf(await planOpening(parts, LATER))?.held).toBe(HELD);
    expect(readings).toBe(3);
  });

  test('gives up where rows are near every reading', async () => {
    await aMonth();
    for (let second = 0; second < 200; second += 1) {
      await pay(`pi_busy_${second}`, new Date((NOW + second) * 1000).toISOString(), 1_000);
    }
    expect(await codeOf(plan())).toBe('OPENING_UNCERTAIN');
  });

  test('is of SYNC_SINCE unless a later day is named, and never of an earlier one', async () => {
    await aMonth();
    expect((await plan({ absorb: false })).cutOver).toBe(at('2026-05-20T00:00:00Z'));
    const early = plan({ since: at('2026-05-19T00:00:00Z'), absorb: false });
    await expect(early).rejects.toMatchObject({
      code: 'USAGE',
      details: { '--since': expect.stringContaining('2026-05-20T00:00:00Z') as string },
    });
    expect(await codeOf(plan({ since: NOW - 1_800, absorb: false }))).toBe('CUT_OVER_AHEAD');
  });

  test('waits for pay-ins that have no outcome yet, and for a first listing of a used ledger', async () => {
    await begin();
    await foreign('by_hand', 700n);
    expect(await codeOf(plan())).toBe('PAY_INS_UNREAD');
    await pay('pi_1', '2026-06-02T10:00:00Z');
    await world.driver.sync();
    expect(usdOf(await plan())?.stop).toBe('FOREIGN_POSTINGS');
    await db.query(`update movements set state = 'staged' where instance_id = $1`, [
      world.instanceId,
    ]);
    expect(await codeOf(plan())).toBe('PAY_INS_UNREAD');
  });
});

describe('enabled', () => {
  test('an opening waits for the next sync, and pay-ins without a row are noted', async () => {
    await aMonth();
    await openMovements(db, await plan(), 'anna');
    const { sourceId, stripeAccount } = await source();
    expect(await findEnabled(db, sourceId)).toMatchObject({ cutOver: CUT_OVER });
    expect(await readOpenings(db, sourceId)).toMatchObject([
      { currency: 'USD', held: HELD, earlier: 15_000n, amount: HELD - 15_000n },
    ]);
    const reference = `opening.${stripeAccount}.USD.2026-06-01`;
    const place = { instanceId: world.instanceId, sourceId };
    expect(await findLeg(db, place, reference)).toMatchObject({
      ...{ state: 'staged', syncId: 'none', kind: 'opening_balance', btId: null },
      ...{ from: '@stripe-opening', to: '@stripe', amount: 15_000n - HELD, moves: HELD - 15_000n },
      datedAt: CUT_OVER,
    });
    expect(await readNotYet(db, sourceId)).toMatchObject(
      new Map([['USD', expect.objectContaining({ count: 1, amount: 7_000n }) as object]]),
    );
  });

  test('the next sync posts it, and then the ledger holds what Stripe holds', async () => {
    await aMonth();
    await openMovements(db, await plan(), 'anna');
    expect((await world.driver.sync()).row?.status).toBe('completed');
    expect(await heldInLedger()).toBe(HELD + 7_000n - fee(7_000) - 2_000n);
    expect(await readNotYet(db, (await source()).sourceId)).toEqual(new Map());
  });

  test('goes on after it was disabled with what it began with', async () => {
    await aMonth();
    await openMovements(db, await plan(), 'anna');
    const { sourceId } = await source();
    const before = await readOpenings(db, sourceId);
    await closeMovements(db, world.instanceId, sourceId);
    expect(await findEnabled(db, sourceId)).toBeUndefined();
    const { opened } = (await findOpening(db, world.connection))!;
    expect(opened).toMatchObject({ cutOver: CUT_OVER, since: null });
    await reopenMovements(db, world.instanceId, sourceId, opened, 'ben');
    expect(await findEnabled(db, sourceId)).toMatchObject({ cutOver: CUT_OVER });
    expect(await readOpenings(db, sourceId)).toEqual(before);
  });

  test('is refused while a sync runs, and of a plan that a sync has overtaken', async () => {
    await aMonth();
    const found = await plan();
    const sync = { syncId: `s_${world.instanceId}`, instanceId: world.instanceId };
    const owner = { workflowId: 'w', firstRunId: 'r' };
    await openSync(db, { ...sync, trigger: 'cli', scope: { kind: 'full' }, ...owner });
    expect(await codeOf(openMovements(db, found, 'anna'))).toBe('SYNC_ALREADY_RUNNING');
    await db.query(`update stripe_syncs set status = 'failed' where sync_id = $1`, [sync.syncId]);
    await pay('pi_old', '2026-05-30T10:00:00Z');
    await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_old' } });
    expect(await codeOf(openMovements(db, found, 'anna'))).toBe('OPENING_CHANGED');
    expect(await findEnabled(db, (await source()).sourceId)).toBeUndefined();
  });

  test('of an instance that was never synced, its source begins', async () => {
    await begin();
    await pay('pi_1', '2026-05-25T10:00:00Z');
    const found = await plan();
    expect(found.source).toBeUndefined();
    expect(usdOf(found)?.amount).toBe(10_000n - fee(10_000));
    await openMovements(db, found, 'anna');
    expect(await findEnabled(db, (await source()).sourceId)).toMatchObject({ cutOver: CUT_OVER });
    expect((await readInstance(db, world.instanceId)).frozen).toBe(true);
  });
});

describe('what the opening counts', () => {
  test.each([
    ['ahead of', 600],
    ['behind', -3_600],
  ])('is the same with a ledger whose clock is %s ours', async (_what, seconds) => {
    const now = Math.floor(Date.now() / 1000) + seconds;
    const since = { SYNC_SINCE: '2020-01-01' };
    world = await startWorld(db, { startAt: now, settings: since });
    const early = new Date((now - 40 * 3_600) * 1000).toISOString();
    await pay('pi_counted', early);
    await world.driver.sync();
    await pay('pi_unread', early, 5_000);
    const found = await plan({ since: now - 20 * 3_600, absorb: false });
    expect(usdOf(found)?.earlier).toBe(10_000n);
    await openMovements(db, found, 'anna');
    world.clock.advance(60);
    await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_unread' } });
    world.clock.advance(60);
    await world.driver.sync();
    expect(await heldInLedger()).toBe(15_000n - fee(10_000) - fee(5_000));
    const { proof } = (await latestProof(db, world.instanceId))!;
    expect(proof).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
  });
});

describe('postings of others on the source balance', () => {
  test('stop it, and are absorbed where a person says so', async () => {
    await aMonth();
    await foreign('by_hand', 700n);
    const stopped = await plan();
    expect(usdOf(stopped)).toMatchObject({
      ...{ foreign: [{ reference: 'by_hand', amount: 700n }], stop: 'FOREIGN_POSTINGS' },
    });
    expect(await codeOf(openMovements(db, stopped, 'anna'))).toBe('FOREIGN_POSTINGS');
    const absorbed = await plan({ ...LATER, absorb: true });
    expect(usdOf(absorbed)).toMatchObject({ amount: HELD - 15_000n - 700n, stop: null });
    await openMovements(db, absorbed, 'anna');
    const { sourceId } = await source();
    expect(await readOpenings(db, sourceId)).toMatchObject([
      { absorbed: { debits: 700n, credits: 0n } },
    ]);
    expect(await listAcceptances(db, sourceId)).toEqual([]);
  });

  test('may be one of a pay-in that is set aside and tried again: then nothing is absorbed', async () => {
    await aMonth();
    await foreign('pi_queued', 4_000n);
    world.clock.advance(3_600);
    await world.stripe.world.pay({ id: 'pi_queued', amount: 4_000, customer: 'cus_1' });
    await world.driver.sync();
    const retryAt = (time: string) =>
      db.query(
        `update movements set state = 'quarantined', reason = 'REFERENCE_PENDING', retry_at = ${time}, reference = null
         where instance_id = $1 and movement_id = 'pi_queued' returning movement_id`,
        [world.instanceId],
      );
    expect(await retryAt('now()')).toHaveLength(1);
    await expect(plan({ ...LATER, absorb: true })).rejects.toMatchObject({
      ...{ code: 'PAY_INS_UNREAD', details: { set_aside: 'pi_queued' } },
    });
    await retryAt('null');
    expect(usdOf(await plan({ ...LATER, absorb: true }))).toMatchObject({ stop: null });
  });

  test('are not absorbed once a sync has found them to be ours', async () => {
    await aMonth();
    const lost = 'delete from movements where instance_id = $1 and movement_id = $2';
    await db.query(lost, [world.instanceId, 'pi_since']);
    const found = await plan({ ...LATER, absorb: true });
    expect(usdOf(found)?.absorbs).toMatchObject([{ amount: 7_000n }]);
    await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_since' } });
    expect(await codeOf(openMovements(db, found, 'anna'))).toBe('OPENING_CHANGED');
    expect(usdOf(await plan())?.absorbs).toEqual([]);
  });

  test('between two currencies of the source balance stand on both', async () => {
    await aMonth();
    const posting = aPosting({ reference: 'exchange', amount: 700n, destination: '@stripe' });
    const { id } = world.blnk.ledger.balances.find('@stripe', 'USD')!;
    await world.connection.ledger.post({ ...posting, currency: 'EUR', source: id }, never);
    const { openings } = await plan({ ...LATER, absorb: true });
    expect(
      openings.map(({ currency, absorbs }) => [currency, absorbs.map((one) => one.amount)]),
    ).toEqual([
      ['EUR', [-700n]],
      ['USD', [700n]],
    ]);
  });

  test('count in the currency of the balance that they name by its id', async () => {
    await aMonth();
    const { id } = world.blnk.ledger.balances.find('@stripe', 'USD')!;
    const posting = aPosting({
      reference: 'by_id',
      amount: 700n,
      source: id,
      destination: '@bank',
    });
    await world.connection.ledger.post({ ...posting, currency: 'EUR' }, never);
    const absorbed = await plan({ ...LATER, absorb: true });
    expect(usdOf(absorbed)).toMatchObject({ amount: HELD - 15_000n - 700n });
    expect(absorbed.openings).toHaveLength(1);
  });

  test('are accepted by name where the whole history is carried over', async () => {
    await begin({});
    await pay('pi_1', '2026-05-25T10:00:00Z');
    await world.driver.sync();
    await foreign('by_hand', 700n);
    const whole = await plan({ absorb: true });
    expect(whole).toMatchObject({ cutOver: null, legs: [], rows: null });
    await openMovements(db, whole, 'anna');
    const { sourceId } = await source();
    expect(await listAcceptances(db, sourceId)).toMatchObject([
      { reference: 'by_hand', amount: 700n, by: 'anna' },
    ]);
    expect(await readNotYet(db, sourceId)).toMatchObject(
      new Map([['USD', expect.objectContaining({ amount: 10_000n }) as object]]),
    );
  });
});
