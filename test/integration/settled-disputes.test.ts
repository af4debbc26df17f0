/** When a dispute is asked about, and when its legs are due: by its rows, and by what Stripe says of it. */
import { connectDb, type Db } from '../../src/store/db';
import { disputesToAsk, dueDisputes, noteAsked, noteStatuses } from '../../src/store/disputes';
import { hasFollowUps } from '../../src/store/follow-ups';
import { stageFollowUps } from '../../src/store/settled-staging';
import { switchSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import {
  aSettledStore,
  begin,
  pageOf,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import { aBalanceTransaction, aDispute } from '../support/worlds/a-balance-transaction';

let db: Db;
let store: SettledStore;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (store = await aSettledStore(db)));

describe('a dispute', () => {
  const dispute = aDispute();
  const row = aBalanceTransaction({
    ...{ type: 'adjustment', category: 'dispute', amount: -10_000n, source: dispute },
  });
  const due = () => dueDisputes(db, store.sourceId, 10);
  const end = async (wasLost: boolean) => {
    const page = pageOf(await begin(store), `${store.instanceId}_${String(Math.random())}`);
    await stageFollowUps(db, page, { rows: [], legs: [], disputes: [{ id: 'du_1', wasLost }] });
  };

  test('is due once it is final, and asked about once more when a row comes afterwards', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    await noteStatuses(db, sync, [{ dispute, status: 'under_review', isFinal: false }]);
    expect(await due()).toEqual([]);
    await noteStatuses(db, sync, [{ dispute, status: 'lost', isFinal: true }]);
    // An attempt that was taken for dead may tell it once more.
    await noteStatuses(db, sync, [{ dispute, status: 'lost', isFinal: true }]);
    expect(await due()).toEqual([{ dispute, status: 'lost', wasLost: false }]);
    await end(true);
    await noteStatuses(db, await begin(store), [{ dispute, status: 'lost', isFinal: true }]);
    expect(await due()).toEqual([]);
    await stage(await begin(store), [settled({ ...row, id: 'txn_2', amount: 50n, net: 50n })]);
    // It may be another withdrawal, of which nobody knows yet what will become.
    expect(await due()).toEqual([]);
    expect(await disputesToAsk(db, store.sourceId, 10)).toEqual(['du_1']);
    await noteStatuses(db, await begin(store), [{ dispute, status: 'lost', isFinal: true }]);
    expect(await due()).toEqual([{ dispute, status: 'lost', wasLost: true }]);
  });

  test('that was lost in a ledger that was left is asked about again, and is no loss of this one yet', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    const told = { dispute, status: 'lost', isFinal: true };
    await noteStatuses(db, sync, [told]);
    await end(true);
    const { sourceId } = await db.transaction((tx) =>
      switchSource(tx, store.instanceId, {
        ...{ stripeAccount: `acct_${store.instanceId}`, livemode: false },
        ...{ ledgerAddress: 'http://elsewhere', keyFingerprint: 'fingerprint' },
      }),
    );
    store = { ...store, sourceId };
    await stage(await begin(store), [settled(row)]);
    expect(await due()).toEqual([]);
    expect(await disputesToAsk(db, sourceId, 10)).toEqual(['du_1']);
    await noteStatuses(db, await begin(store), [told]);
    expect(await due()).toEqual([{ dispute, status: 'lost', wasLost: false }]);
  });

  test('that is due, and of which another row comes before anything follows, is asked about first', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    await noteStatuses(db, sync, [{ dispute, status: 'lost', isFinal: true }]);
    await stage(await begin(store), [settled({ ...row, id: 'txn_2' })]);
    expect(await due()).toEqual([]);
  });

  test.each([10_000n, 0n])(
    'that is won is not due until what it brings back is listed: %s',
    async (amount) => {
      const sync = await begin(store);
      await stage(sync, [settled(row)]);
      await noteStatuses(db, sync, [{ dispute, status: 'won', isFinal: true }]);
      expect(await due()).toEqual([]);
      expect(await hasFollowUps(db, store.sourceId)).toBe(false);
      const back = settled({
        ...row,
        id: 'txn_2',
        category: 'dispute_reversal',
        amount,
        net: amount,
      });
      await stage(await begin(store), [back]);
      await noteStatuses(db, await begin(store), [{ dispute, status: 'won', isFinal: true }]);
      expect(await due()).toHaveLength(1);
    },
  );

  test('that is won and brings nothing back within a day is due', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    await noteStatuses(db, sync, [{ dispute, status: 'won', isFinal: true }]);
    await db.query(
      `update disputes set final_at = now() - interval '25 hours' where instance_id = $1`,
      [store.instanceId],
    );
    expect(await due()).toHaveLength(1);
    expect(await hasFollowUps(db, store.sourceId)).toBe(true);
  });

  test('that is final is not due for a row that is read again', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    await noteStatuses(db, sync, [{ dispute, status: 'lost', isFinal: true }]);
    await end(true);
    await stage(await begin(store), [settled(row)]);
    expect(await due()).toEqual([]);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  });

  test('is not due while one of its rows cannot be read', async () => {
    const sync = await begin(store);
    const unread = { id: 'txn_2', amount: null, net: null, fault: 'AMOUNT_MISSING' } as const;
    await stage(sync, [settled({ ...row, ...unread }), settled(row)]);
    await noteStatuses(db, sync, [{ dispute, status: 'won', isFinal: true }]);
    expect(await due()).toEqual([]);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  });

  test('that is open is asked about with each new row, and once a day', async () => {
    const asked = () => disputesToAsk(db, store.sourceId, 10);
    const sync = await begin(store);
    await stage(sync, [settled(row)]);
    expect(await asked()).toEqual(['du_1']);
    expect(await hasFollowUps(db, store.sourceId)).toBe(true);
    await noteStatuses(db, sync, [{ dispute, status: 'under_review', isFinal: false }]);
    expect(await asked()).toEqual([]);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
    const back = settled({ ...row, id: 'txn_2', amount: 10_000n, net: 10_000n });
    await stage(sync, [settled(row)]);
    expect(await asked()).toEqual([]);
    await stage(sync, [back]);
    expect(await asked()).toEqual(['du_1']);
    await noteAsked(db, sync, ['du_1']);
    expect(await asked()).toEqual([]);
    await db.query(
      `update disputes set asked_at = now() - interval '25 hours' where instance_id = $1`,
      [store.instanceId],
    );
    expect(await asked()).toEqual(['du_1']);
    await noteStatuses(db, sync, [{ dispute, status: 'won', isFinal: true }]);
    expect(await asked()).toEqual([]);
  });

  test('that was lost and is won after an appeal is due again', async () => {
    await noteStatuses(db, await begin(store), [{ dispute, status: 'lost', isFinal: true }]);
    await end(true);
    await noteStatuses(db, await begin(store), [{ dispute, status: 'won', isFinal: true }]);
    await end(false);
    expect(await due()).toEqual([]);
    await noteStatuses(db, await begin(store), [{ dispute, status: 'lost', isFinal: true }]);
    expect(await due()).toEqual([{ dispute, status: 'lost', wasLost: true }]);
  });
});
