/** What our rows say that we have in the ledger: of this account, and of those that were left. */
import { prove } from '../../src/domain/proof/proof';
import { againstLedger } from '../../src/domain/proof/proof-search';
import { heldBy, subtractTurnover } from '../../src/domain/proof/turnover';
import { connectDb, type Db } from '../../src/store/db';
import { sumsOfLeft } from '../../src/store/left-sums';
import { enableMovements, findEnabled } from '../../src/store/openings';
import {
  namesPostedAgain,
  newOwnPostings,
  ownPostings,
  postedAgain,
  postingsBeside,
} from '../../src/store/own-postings';
import { saveProof } from '../../src/store/proofs';
import { settledSums } from '../../src/store/settled-sums';
import { switchSource } from '../../src/store/sources';
import { aCurrency } from '../support/books/a-currency';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  rowsOf,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { MOMENT } from '../support/worlds/a-balance-transaction';
import { CHART } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;
let sync: RunningSync;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  store = await aSettledStore(db);
  sync = await begin(store);
});

/** In the ledger, with one leg each. */
async function bookRows(count: number): Promise<void> {
  const { pageId } = await stage(
    sync,
    rowsOf(count).map((bt) => settled(bt)),
  );
  await settle(sync, pageId);
}

test('is all that has come to the source balance and left it, pay-ins as well', async () => {
  await book(sync, [aPayIn()]);
  await bookRows(1);
  const own = [
    { id: 'pi_1', currency: 'USD', amount: 10_000n, beside: null },
    { id: 'txn_0', currency: 'USD', amount: -100n, beside: null },
  ];
  expect(await ownPostings(db, store, null, 9)).toMatchObject(own);
  expect(await newOwnPostings(db, store, 0, null, 9)).toMatchObject([...own].reverse());
  expect(await postingsBeside(db, store, null, 9)).toEqual([]);
});

test('is of one source, where another of the instance has booked as well', async () => {
  await book(sync, [aPayIn()]);
  const next = await left(store.instanceId);
  expect(await settledSums(db, next.sourceId)).toEqual([]);
  const booked = { debits: 10_000n, credits: 0n };
  expect(await settledSums(db, store.sourceId)).toMatchObject([{ booked, movements: 1 }]);
});

describe('what was posted again', () => {
  beforeEach(async () => {
    const { pageId } = await stage(
      sync,
      rowsOf(2).map((bt) => settled(bt)),
    );
    await settle(sync, pageId);
    await db.query(
      `update movements set first_booked_at = now() - interval '1 day' where instance_id = $1`,
      [store.instanceId],
    );
  });

  test('is named where it was posted, and not where it was set aside', async () => {
    const names = async () =>
      (await namesPostedAgain(db, sync.syncId, 9)).map(({ reference }) => reference);
    expect(await names()).toEqual(['txn_0', 'txn_1']);
    await db.query(
      `update movements set state = 'quarantined' where instance_id = $1 and movement_id = 'txn_0'`,
      [store.instanceId],
    );
    expect(await names()).toEqual(['txn_1']);
  });

  test('is named one by one up to so many of a currency, with the sum of the rest', async () => {
    expect(await namesPostedAgain(db, sync.syncId, 1)).toMatchObject([
      { reference: 'txn_0', amount: -100n, count: 1 },
      { reference: null, amount: -101n, count: 1 },
    ]);
  });

  test.each([
    ['proven', 11_300n, true, 0],
    ['proven', 11_300n, false, 1],
    ['broken', 11_301n, true, 1],
  ])(
    'is looked at until a proof: %s, of %s, counted: %s',
    async (state, entered, isCounted, ends) => {
      const proof = prove(MOMENT, CHART.cutOver, [aCurrency({ entered })]);
      expect(proof.state).toBe(state);
      await saveProof(db, sync, proof, null, isCounted);
      await db.query(
        `update stripe_syncs set completed_at = now() + interval '1 hour' where sync_id = $1`,
        [sync.syncId],
      );
      expect(await postedAgain(db, store)).toHaveLength(ends);
    },
  );
});

/** Another account takes its place. @returns its source */
function left(instanceId: string) {
  return db.transaction((tx) =>
    switchSource(tx, instanceId, {
      ...{ stripeAccount: 'acct_next', livemode: false, ledgerAddress: 'http://ledger' },
      keyFingerprint: 'another',
    }),
  );
}

/** @param cutOver Unix seconds; null: since the account began */
function carryOver(sourceId: string, cutOver: number | null): Promise<unknown> {
  const enabling = { instanceId: store.instanceId, sourceId, cutOver, by: null };
  return db.transaction((tx) => enableMovements(tx, enabling, []));
}

test('what an account that was left has brought was there before, also what the ledger had lost since', async () => {
  const { instanceId } = store;
  await bookRows(1);
  const next = await left(instanceId);
  await carryOver(next.sourceId, CHART.cutOver);
  const counted = async () => (await sumsOfLeft(db, next.sourceId)).map((one) => one.isCounted);
  const book = (times: string) =>
    db.query(`update movements set ${times} where instance_id = $1`, [instanceId]);
  await book(`booked_at = booked_at - interval '1 hour'`);
  expect(await counted()).toEqual([true]);
  await book(`first_booked_at = booked_at, booked_at = now() + interval '1 hour'`);
  expect(await counted()).toEqual([true]);
  // By a sync that ended before it had its answer, and found there by a later one.
  await book(`state = 'already_posted', first_booked_at = booked_at - interval '2 hours'`);
  expect(await counted()).toEqual([true]);
  await book('first_booked_at = booked_at');
  expect(await counted()).toEqual([false]);
});

test('of an account that was left what the ledger took at the very end of what is counted came later', async () => {
  const { instanceId } = store;
  await bookRows(2);
  const next = await left(instanceId);
  await carryOver(next.sourceId, CHART.cutOver);
  const { countedTo } = (await findEnabled(db, next.sourceId))!;
  await db.query(
    `update movements set booked_at = $2::timestamptz - case when movement_id = $3 then interval '1 ms' else '0' end
     where instance_id = $1`,
    [instanceId, countedTo, rowsOf(1)[0]!.id],
  );
  expect(await sumsOfLeft(db, next.sourceId)).toMatchObject([
    { booked: { debits: 0n, credits: 100n }, isCounted: true },
    { booked: { debits: 0n, credits: 101n }, isCounted: false },
  ]);
});

test('of an account that was left nothing is counted by one that is carried over since its beginning', async () => {
  const { instanceId } = store;
  await bookRows(1);
  const next = await left(instanceId);
  await carryOver(next.sourceId, null);
  expect(await sumsOfLeft(db, next.sourceId)).toMatchObject([{ isCounted: false }]);
});

test('of an account that was left what came later is told from what was there before', async () => {
  const { instanceId, sourceId } = store;
  await bookRows(2);
  const next = await left(instanceId);
  const all = await sumsOfLeft(db, next.sourceId);
  expect(all).toMatchObject([{ isCounted: false }]);
  await carryOver(next.sourceId, CHART.cutOver);
  const { booked } = all[0]!;
  expect(await sumsOfLeft(db, next.sourceId)).toEqual([{ ...all[0], isCounted: true }]);
  const [later] = await db.query<{ debits: string; credits: string }>(
    `with changed as (
       update movements set booked_at = now() + interval '1 hour'
       where instance_id = $1 and source_id = $2 and bt_id = (select min(bt_id) from movements where instance_id = $1)
       returning moves)
     select sum(greatest(moves, 0))::text as debits, sum(greatest(-moves, 0))::text as credits from changed`,
    [instanceId, sourceId],
  );
  const after = { debits: BigInt(later!.debits), credits: BigInt(later!.credits) };
  expect(heldBy(after)).not.toBe(0n);
  expect(await sumsOfLeft(db, next.sourceId)).toEqual([
    { ...all[0], booked: subtractTurnover(booked, after), isCounted: true },
    { ...all[0], booked: after, isCounted: false },
  ]);
});

test('a posting between two other balances that is gone, or posted again, is named with its amount', async () => {
  await bookRows(1);
  await db.query(
    `update movements set moves = 0, first_booked_at = booked_at where instance_id = $1`,
    [store.instanceId],
  );
  const note = '1.00 USD between two other balances';
  const gone = againstLedger(await postingsBeside(db, store, null, 9), []);
  expect(gone).toMatchObject([{ kind: 'missing_in_ledger', amount: 0n, note }]);
  const [again] = await namesPostedAgain(db, sync.syncId, 9);
  expect(again).toMatchObject({ amount: 0n, beside: 100n });
});
