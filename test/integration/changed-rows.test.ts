/** A row that somebody has changed in our database is not what was booked of it: no leg follows it. */
import { connectDb, type Db } from '../../src/store/db';
import { dueDisputes, noteStatuses } from '../../src/store/disputes';
import { dueBookings, hasFollowUps } from '../../src/store/follow-ups';
import { legsOf } from '../../src/domain/movements/chart';
import { NOTHING_KNOWN } from '../../src/domain/movements/known';
import { withLateBeginnings } from '../../src/engine/movements/late-beginnings';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import { aBalanceTransaction, aCharge, aDispute } from '../support/worlds/a-balance-transaction';
import { CHART, DEBIT, FAILURE, lines } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (store = await aSettledStore(db)));

async function change(how: string): Promise<void> {
  const { instanceId } = store;
  await db.query(`update balance_transactions set ${how} where instance_id = $1`, [instanceId]);
}

const CHANGES = [
  ['amount = amount + 1', 'amount = amount - 1'],
  [`currency = 'eur'`, `currency = 'usd'`],
] as const;

test.each(CHANGES)('that of a pay-in that is booked: %s', async (how, back) => {
  const sync = await begin(store);
  await stage(sync, [settled(aBalanceTransaction(DEBIT))]);
  await book(sync, [aPayIn()]);
  await change(how);
  expect(await dueBookings(db, store.sourceId, 10)).toEqual([]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await change(back);
  expect(await dueBookings(db, store.sourceId, 10)).toHaveLength(1);
});

test.each(CHANGES)('that of a dispute that is final: %s', async (how, back) => {
  const source = aDispute();
  const of = { type: 'adjustment', category: 'dispute', amount: -10_000n, source };
  const sync = await begin(store);
  await stage(sync, [settled(aBalanceTransaction(of))]);
  await noteStatuses(db, sync, [{ dispute: source, status: 'lost', isFinal: true }]);
  await change(how);
  expect(await dueDisputes(db, store.sourceId, 10)).toEqual([]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await change(back);
  expect(await dueDisputes(db, store.sourceId, 10)).toHaveLength(1);
});

test.each(CHANGES)('that goes on with what is listed late: %s', async (how, back) => {
  const source = aCharge({ paymentIntentId: null, status: 'failed' });
  const failure = aBalanceTransaction({ ...FAILURE, id: 'txn_2', source });
  await stage(await begin(store), [settled(failure)]);
  const bt = aBalanceTransaction({ source, created: CHART.cutOver - 1 });
  const listed = { bt, known: NOTHING_KNOWN, legs: legsOf(bt, NOTHING_KNOWN, CHART) };
  const times = { openedAt: new Date(), countedTo: new Date() };
  const late = async () => {
    const place = { ...store, chart: CHART, ...times };
    return (await withLateBeginnings(db, place, [listed], null)).flatMap(({ legs }) => lines(legs));
  };
  await change(how);
  expect(await late()).toEqual([]);
  await change(back);
  expect(await late()).toEqual(['txn_2.applied: @stripe-opening > @stripe-unapplied 10000 usd']);
});
