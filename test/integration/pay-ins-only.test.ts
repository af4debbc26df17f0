/** Whoever counts, lists or changes pay-ins does so without the other movements beside them. */
import { backlogIds, claimBacklog, hasBacklog } from '../../src/store/backlog';
import { connectDb, type Db } from '../../src/store/db';
import { findPayIn, listQuarantine, stagedPayIns } from '../../src/store/movements';
import { stagedLegs } from '../../src/store/legs';
import { countPayIns, quarantineReasons } from '../../src/store/pay-in-totals';
import { readProblemFacts } from '../../src/store/problem-facts';
import { everyPosting, newestInLedger, stageAgain } from '../../src/store/proof';
import { savePage } from '../../src/store/pages';
import { countForPurge, purgeInstance } from '../../src/store/purge';
import { closePayIns, postAfterAll, retryPayIns } from '../../src/store/set-aside';
import { pageOfSetAside, payInsOfSync } from '../../src/store/set-aside-pages';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  namesAside,
  pageOf,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { aBalanceTransaction, aCharge, MOMENT } from '../support/worlds/a-balance-transaction';
import { DEBIT } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;
let sync: RunningSync;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

/** A pay-in and a leg in the ledger, and one of each set aside for the same reason. */
beforeEach(async () => {
  store = await aSettledStore(db);
  sync = await begin(store);
  await book(sync, [aPayIn()]);
  const { pageId } = await stage(sync, [settled(aBalanceTransaction({ ...DEBIT, fee: 80n }))]);
  await settle(sync, pageId, (id) => id === 'txn_1.fee');
  await book(sync, [aPayIn({ id: 'pi_aside', chargeId: 'ch_aside' })]);
  await db.query(
    `update movements set state = 'quarantined', reason = 'CONFLICT', quarantined_by = $2, attempts = 1
     where instance_id = $1 and movement_id = 'pi_aside'`,
    [store.instanceId, sync.syncId],
  );
});

const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

test('counts and reasons', async () => {
  expect(await countPayIns(db, store.instanceId)).toEqual({ posted: 1, quarantined: 1 });
  expect(await quarantineReasons(db, store.instanceId)).toEqual([{ reason: 'CONFLICT', count: 1 }]);
});

test('lists and problems', async () => {
  const { instanceId } = store;
  expect(ids(await listQuarantine(db, instanceId, 10))).toEqual(['pi_aside']);
  const cut = { limit: 10, place: undefined, isBack: false };
  expect(ids(await pageOfSetAside(db, instanceId, { closed: false }, cut))).toEqual(['pi_aside']);
  const listed = await payInsOfSync(db, sync.syncId, cut);
  expect(ids(listed).sort()).toEqual(['pi_1', 'pi_aside']);
  expect(await findPayIn(db, instanceId, 'txn_1')).toBeUndefined();
  expect(JSON.stringify(await readProblemFacts(db, instanceId))).not.toContain('txn_1');
});

test('what a person closes, or decides to post after all', async () => {
  const note = { by: 'Ada', note: 'done' };
  await postAfterAll(db, store.instanceId, { kind: 'all' }, note);
  expect(await closePayIns(db, store.instanceId, { kind: 'all' }, note)).toEqual(['pi_aside']);
  const one = { kind: 'one', id: 'txn_1.fee' } as const;
  expect(await closePayIns(db, store.instanceId, one, note)).toEqual([]);
  expect(await namesAside(store)).toEqual(['txn_1.fee']);
});

test('one that is named is tried again whatever its kind; of a reason it is pay-ins', async () => {
  const reason = { kind: 'reason', reason: 'CONFLICT' } as const;
  expect(await retryPayIns(db, store.instanceId, reason)).toMatchObject({ due: 1 });
  const one = { kind: 'one', id: 'txn_1.fee' } as const;
  expect(await retryPayIns(db, store.instanceId, one)).toMatchObject({ due: 1 });
});

test('the backlog takes what is due of every kind, and a plan tells its pay-ins', async () => {
  await db.query(
    `update movements set retry_at = now() where instance_id = $1 and state = 'quarantined'`,
    [store.instanceId],
  );
  const next = await begin(store);
  expect(await hasBacklog(db, store.sourceId, next.syncId)).toBe(true);
  expect((await backlogIds(db, store.sourceId, 10)).ids).toEqual(['pi_aside']);
  const page = pageOf(next, `${next.syncId}_backlog`);
  expect(await claimBacklog(db, page)).toMatchObject({ count: 2 });
  expect(ids(await stagedPayIns(db, page))).toEqual(['pi_aside']);
  expect(ids(await stagedLegs(db, page))).toEqual(['txn_1.fee']);
});

test('what a run has tried again in vain is among its payments, though it does not count it', async () => {
  await db.query(
    `update movements set retry_at = now() where movement_id = 'pi_aside' and instance_id = $1`,
    [store.instanceId],
  );
  const next = await begin(store);
  await db.query(`update sync_windows set feed = 'backlog' where sync_id = $1`, [next.syncId]);
  const page = pageOf(next, `${next.syncId}_backlog`);
  await claimBacklog(db, page);
  await settle(next, page.pageId, () => true);
  const saved = { counts: { found: 0 } };
  expect(await savePage(db, next.syncId, page.pageId)).toMatchObject(saved);
  const cut = { limit: 10, place: undefined, isBack: false };
  expect(ids(await payInsOfSync(db, next.syncId, cut))).toEqual(['pi_aside']);
});

test('a purge tells them apart, and takes all', async () => {
  const { instanceId } = store;
  await db.query(`update stripe_syncs set status = 'failed' where instance_id = $1`, [instanceId]);
  await db.query(`update instances set origin = 'cli' where instance_id = $1`, [instanceId]);
  const both = { pay_ins: 2, movements: 2, balance_transactions: 1 };
  expect(await countForPurge(db, instanceId)).toMatchObject(both);
  expect(await db.transaction((tx) => purgeInstance(tx, instanceId))).toMatchObject(both);
  expect(await countForPurge(db, instanceId)).toEqual({});
});

test('the ledger is asked for postings of every kind, and what it has lost is posted again', async () => {
  const { sourceId, instanceId } = store;
  expect(ids(await newestInLedger(db, sourceId, 10)).sort()).toEqual(['pi_1', 'txn_1']);
  const part = await everyPosting(db, { instanceId, sourceId, siblings: [], after: null });
  expect(ids(part.postings)).toEqual(['pi_1', 'txn_1']);
  await stageAgain(db, { ...store, syncId: sync.syncId, gone: ['txn_1'], doubtRest: false });
  expect((await backlogIds(db, sourceId, 10)).ids).toEqual([]);
  const next = await begin(store);
  const page = pageOf(next, `${next.syncId}_backlog`);
  expect(await claimBacklog(db, page)).toMatchObject({ count: 1 });
  const [leg] = await stagedLegs(db, page);
  expect(leg).toMatchObject({ id: 'txn_1', moves: 10_000n, datedAt: MOMENT, kind: 'charge' });
  // Its own posting is as before: under the same reference and dated the same.
  expect(leg).toMatchObject({ metadata: { stripe_charge_id: aCharge().id } });
});
