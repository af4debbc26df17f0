/** What is kept of Stripe's balance: readings, and what came of each. */
import { judgeReading } from '../../src/domain/proof/reading-judgement';
import {
  lastMismatch,
  readingsAt,
  saveJudgements,
  saveReading,
  waitingReadings,
} from '../../src/store/balance-readings';
import { connectDb, type Db } from '../../src/store/db';
import { trimProofs } from '../../src/store/proofs';
import { rowsAround } from '../../src/store/rows-around';
import { testEnvironment } from '../support/environment';
import {
  aSettledStore,
  begin,
  rowsOf,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { MOMENT } from '../support/worlds/a-balance-transaction';

let db: Db;
let store: SettledStore;
let sync: RunningSync;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  store = await aSettledStore(db);
  sync = await begin(store);
});

const BIG = 2n ** 60n;

const reading = (at: number) => ({
  at,
  parts: [{ type: 'payments', currency: 'usd', available: BIG, pending: -5n }],
});
const judged = (difference: bigint, exact = true) =>
  ({ kind: 'judged', difference, since: -BIG, exact }) as const;

test('readings wait until they are judged, oldest first', async () => {
  for (const at of [30, 10, 20]) await saveReading(db, sync, reading(at));
  await saveReading(db, sync, { ...reading(10), parts: [] });
  expect(await waitingReadings(db, store.sourceId, 2)).toEqual([reading(20), reading(30)]);
  await saveJudgements(db, sync, [{ currency: 'USD', at: 20, judgement: judged(0n) }], [10, 20]);
  expect(await waitingReadings(db, store.sourceId, 9)).toEqual([reading(30)]);
});

test('readings of a second that was judged are judged again, as a run of the same second rests on its own', async () => {
  await saveReading(db, sync, reading(10));
  await saveJudgements(db, sync, [{ currency: 'USD', at: 10, judgement: judged(0n) }], [10]);
  const next = { at: 10, parts: [] };
  await saveReading(db, sync, next);
  expect(await waitingReadings(db, store.sourceId, 9)).toEqual([next]);
});

test('readings that did not add up are found again, the newest exact one of a currency, until one adds up', async () => {
  for (const at of [10, 20, 30, 40]) await saveReading(db, sync, reading(at));
  const of = (currency: string, at: number, difference: bigint, exact = true) => ({
    ...{ currency, at, judgement: judged(difference, exact) },
  });
  await saveJudgements(
    db,
    sync,
    [of('USD', 10, 5n), of('USD', 20, -7n), of('USD', 30, 9n, false), of('EUR', 40, 1n)],
    [10, 20, 30, 40],
  );
  expect(await lastMismatch(db, store.sourceId, 'USD')).toEqual(reading(20));
  // One that was fitted may add up by chance.
  await saveJudgements(db, sync, [of('USD', 30, 0n, false)], []);
  expect(await lastMismatch(db, store.sourceId, 'USD')).toEqual(reading(20));
  await saveJudgements(db, sync, [of('USD', 20, 0n)], []);
  expect(await lastMismatch(db, store.sourceId, 'USD')).toBeNull();
  await saveJudgements(db, sync, [of('USD', 30, 9n)], []);
  expect(await lastMismatch(db, store.sourceId, 'USD')).toEqual(reading(30));
  expect(await lastMismatch(db, store.sourceId, 'GBP')).toBeNull();
});

test('readings of long ago go, but for the newest exact one of a currency that does not add up', async () => {
  for (const at of [10, 20, 30]) await saveReading(db, sync, reading(at));
  const of = (currency: string, at: number, difference: bigint) => ({
    ...{ currency, at, judgement: judged(difference) },
  });
  const all = [of('USD', 10, 5n), of('USD', 20, 5n), of('EUR', 10, 1n), of('EUR', 30, 0n)];
  await saveJudgements(db, sync, all, [10, 20, 30]);
  // A reading goes once nothing that is judged of it is kept.
  for (let run = 0; run < 2; run += 1) await trimProofs(db, store.instanceId);
  const left = await db.query(
    `select currency, at_s from reading_judgements where source_id = $1`,
    [store.sourceId],
  );
  expect(left).toEqual([{ currency: 'USD', at_s: 20 }]);
  const times = await readingsAt(db, store.sourceId, [10, 20, 30]);
  expect(times).toEqual([reading(20)]);
  expect(await lastMismatch(db, store.sourceId, 'USD')).toEqual(reading(20));
});

test('readings are judged from what the store says of them', async () => {
  await stage(
    sync,
    rowsOf(3, (n) => ({ created: MOMENT - 600 - n })).map((bt) => settled(bt)),
  );
  const rows = await rowsAround(db, store.sourceId, 'USD', MOMENT, 1_000n);
  const total = 1_000n - 303n;
  expect(judgeReading({ at: MOMENT, total }, rows, MOMENT)).toEqual({
    ...{ kind: 'judged', difference: 0n, since: 0n, exact: true },
  });
});
