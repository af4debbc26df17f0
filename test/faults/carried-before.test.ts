/** Movements that were carried over before the database was lost: the ledger alone tells of them. */
import { openingAsText } from '../../src/domain/opening-text';
import { openMovements } from '../../src/engine/opening';
import { planOpening, type OpeningPlan } from '../../src/engine/opening-plan';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const at = (time: string) => Date.parse(time) / 1000;
const NOW = at('2026-06-11T12:00:00Z');
const CUT_OVER = at('2026-06-01T00:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  first = world = await startWorld(db, { startAt: NOW, settings: SINCE });
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  await world.stripe.world.money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
  await sync();
});
afterEach(() => first.close());

const pay = (id: string, time: string, amount = 10_000) =>
  world.stripe.world.pay({
    ...{
      id,
      amount,
      currency: 'usd',
      customer: 'cus_1',
      createdAt: at(time),
      succeededAt: at(time),
    },
  });

async function sync(): Promise<void> {
  world.clock.advance(60);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

function plan(since?: number): Promise<OpeningPlan> {
  const pause = (seconds: number) => {
    world.clock.advance(seconds);
    return Promise.resolve();
  };
  const parts = { db, ends: world.connection, show: () => undefined, pause };
  return planOpening(parts, { since, absorb: false });
}

async function loseDatabase(): Promise<void> {
  world = await startWorld(db, { startAt: NOW, settings: SINCE, beside: first });
  await sync();
}

async function expectProven(): Promise<void> {
  const { proof } = (await latestProof(db, world.instanceId))!;
  expect(proof).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
}

const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();

test('the opening balance is taken over from the ledger, and nothing is booked twice', async () => {
  const found = await plan(CUT_OVER);
  await openMovements(db, found, 'anna');
  await sync();
  await expectProven();
  const before = booked();
  await loseDatabase();
  const again = await plan();
  const { amount } = found.openings[0]!;
  expect(again).toMatchObject({
    cutOver: CUT_OVER,
    openings: [{ amount, foreign: [], stop: null }],
  });
  expect(openingAsText(again)).toContain('.USD.2026-06-01, in the ledger already');
  await openMovements(db, again, 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});

test('a pay-in that the opening balance did not count is not counted then either', async () => {
  await pay('pi_unread', '2026-05-26T10:00:00Z', 5_000);
  await openMovements(db, await plan(CUT_OVER), 'anna');
  await sync();
  await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_unread' } });
  await sync();
  await expectProven();
  const before = booked();
  await loseDatabase();
  await openMovements(db, await plan(), 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});

test('another cut-over is refused with the one that the ledger tells of', async () => {
  await openMovements(db, await plan(CUT_OVER), 'anna');
  await sync();
  await loseDatabase();
  await expect(plan(at('2026-06-04T00:00:00Z'))).rejects.toMatchObject({
    ...{ code: 'CUT_OVER_FOUND', details: { cut_over: '2026-06-01T00:00:00Z' } },
  });
});

test('begun with nothing, the oldest leg tells it, and an earlier cut-over is right', async () => {
  await openMovements(db, await plan(), 'anna');
  await sync();
  const before = booked();
  await loseDatabase();
  await expect(plan(CUT_OVER)).rejects.toMatchObject({ code: 'CUT_OVER_FOUND' });
  const again = await plan();
  expect(again.openings).toMatchObject([{ amount: 0n, foreign: [], stop: null }]);
  await openMovements(db, again, 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});
