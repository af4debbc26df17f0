/** How balance transactions are kept, and which page owns their legs. */
import { judge } from '../../src/domain/movements/chart';
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { connectDb, type Db } from '../../src/store/db';
import { findRow, rowsOfObjects, rowsOfPayments } from '../../src/store/balance-transactions';
import { NOTHING_KNOWN } from '../../src/domain/movements/known';
import { legsOfSync } from '../../src/store/leg-counts';
import { findLeg, legsOfRows, stagedLegs } from '../../src/store/legs';
import { pagesAside, savePage, sumPages } from '../../src/store/pages';
import { closeSync } from '../../src/store/syncs';
import { readWindow } from '../../src/store/windows';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  namesAside,
  pageOf,
  rowsOf,
  settle,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import {
  aBalanceTransaction,
  aCharge,
  aDispute,
  aFee,
  aRefund,
  booked,
  MOMENT,
} from '../support/worlds/a-balance-transaction';
import { DEBIT, FAILURE, LEG_CONTEXT, REFUND } from '../support/worlds/legs-of-row';
import { stageSettled } from '../../src/store/settled-staging';

let db: Db;
let store: SettledStore;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (store = await aSettledStore(db)));

const CARD = aBalanceTransaction({ fee: 320n, source: aCharge() });
const PENDING = aBalanceTransaction({ ...DEBIT, fee: 80n });

/** One of each form that a row can have. */
const FORMS: readonly BalanceTransaction[] = [
  CARD,
  aBalanceTransaction({
    ...PENDING,
    id: 'txn_2',
    source: aCharge({ status: 'pending', customer: null }),
  }),
  aBalanceTransaction({ ...REFUND, id: 'txn_3' }),
  aBalanceTransaction({ ...FAILURE, id: 'txn_4', source: aCharge({ status: 'failed' }) }),
  aBalanceTransaction({
    ...{ id: 'txn_5', type: 'adjustment', category: 'dispute', amount: -5_999n, fee: 1_500n },
    source: aDispute({ amount: 5_000n, currency: 'eur' }),
  }),
  aBalanceTransaction({
    ...{ id: 'txn_6', type: 'transfer', category: 'transfer', amount: -70n },
    source: { object: 'transfer', id: 'tr_1', reversalId: null, destination: 'acct_9' },
  }),
  aBalanceTransaction({
    ...{ id: 'txn_7', type: 'payout', category: 'payout', amount: -9_007_199_254_740_993n },
    source: { object: 'payout', id: 'po_1' },
  }),
  aBalanceTransaction({
    ...{ id: 'txn_8', type: 'a_new_one', category: null, amount: 5n, description: 'Unheard of' },
  }),
  aBalanceTransaction({
    ...{ id: 'txn_9', exchangeRate: '1.0850', amount: 5_425n, fee: 187n },
    feeDetails: [aFee(157n), aFee(30n, 'tax')],
    source: aCharge({ currency: 'eur', amountCaptured: 5_000n }),
  }),
  aBalanceTransaction({
    ...{ id: 'row_1', currency: null, amount: null, fee: null, net: null, type: null },
    ...{ category: null, balanceType: null, created: null, availableOn: null, feeDetails: null },
    fault: 'OBJECT_UNREADABLE',
  }),
];

test('a row comes back as it was read, whatever its form', async () => {
  await stage(
    await begin(store),
    FORMS.map((bt) => settled(bt)),
  );
  for (const bt of FORMS) expect(await findRow(db, store.instanceId, bt.id)).toEqual(bt);
});

test('what a row is for is kept only where nothing else tells it', async () => {
  const description = 'Jenny Rosen';
  const rows = [
    aBalanceTransaction({ id: 'txn_1', source: aCharge(), description }),
    aBalanceTransaction({ id: 'txn_2', type: 'stripe_fee', category: 'fee', description }),
  ];
  await stage(
    await begin(store),
    rows.map((bt) => settled(bt)),
  );
  const kept = await Promise.all(rows.map(({ id }) => findRow(db, store.instanceId, id)));
  expect(kept.map((bt) => bt?.description)).toEqual([undefined, description]);
});

test('a leg comes back as it was made, and so does its posting', async () => {
  const rows = FORMS.map((bt) =>
    settled(bt, bt.id === 'txn_9' ? booked({ currency: 'eur' }) : undefined),
  );
  const { pageId, count } = await stage(await begin(store), rows);
  const made = rows.flatMap(({ legs }) => legs);
  expect(count).toBe(made.length);
  const staged = await stagedLegs(db, { ...store, pageId });
  for (const leg of made) {
    const row = staged.find(({ id }) => id === leg.reference)!;
    expect(row).toMatchObject(leg);
    expect(judge(row, LEG_CONTEXT)).toEqual(judge(leg, LEG_CONTEXT));
  }
});

test('what a leg moves has the sign of Stripe’s balance, and zero between two others', async () => {
  const page = await stage(await begin(store), [settled(PENDING)]);
  const legs = await stagedLegs(db, { ...store, ...page });
  expect(legs.map(({ id, moves }) => [id, moves])).toEqual([
    ['txn_1', 10_000n],
    ['txn_1.fee', -80n],
  ]);
});

test('a row without a leg is kept, and its page needs nothing more', async () => {
  const sync = await begin(store);
  const of = { type: 'issuing', balanceType: 'issuing' };
  expect(await stage(sync, [settled(aBalanceTransaction(of))])).toMatchObject({ count: 0 });
  expect(await findRow(db, store.instanceId, 'txn_1')).toMatchObject(of);
  expect(await readWindow(db, sync.windows[0]!.windowId)).toMatchObject({ state: 'done' });
});

test('a tail leaves alone what has its outcome; a window with an upper bound takes it over', async () => {
  const first = await begin(store);
  const { pageId } = await stage(first, [settled(PENDING)]);
  await settle(first, pageId);
  expect(await stage(await begin(store), [settled(PENDING)])).toMatchObject({ count: 0 });
  expect(await stage(await begin(store, MOMENT), [settled(PENDING)])).toMatchObject({ count: 2 });
});

test('a leg that was left without an outcome goes to whoever sees its row next', async () => {
  await stage(await begin(store), [settled(PENDING)]);
  expect(await stage(await begin(store), [settled(PENDING)])).toMatchObject({ count: 2 });
});

test('a leg stays with the page of the same sync that saw it first', async () => {
  const sync = await begin(store);
  const { pageId } = await stage(sync, [settled(PENDING)]);
  expect(await stage(sync, [settled(PENDING)])).toMatchObject({ count: 0 });
  expect(await stage(sync, [settled(PENDING)], pageId)).toMatchObject({ count: 2 });
});

test('two rows of a page may have a leg in common', async () => {
  const source = aCharge({ currency: 'eur' });
  const known = booked({ currency: 'eur' });
  const rows = ['txn_1', 'txn_2'].map((id) => settled(aBalanceTransaction({ id, source }), known));
  const page = await stage(await begin(store), rows);
  const legs = await stagedLegs(db, { ...store, ...page });
  expect(legs.map(({ id }) => id)).toEqual(['pi_1.fx1', 'txn_1.fx2', 'txn_2.fx2']);
});

test('money that was read once is not overwritten; what could not be read is read later', async () => {
  const unreadable = aBalanceTransaction({ id: 'txn_2', amount: null, fault: 'OBJECT_UNREADABLE' });
  await stage(await begin(store), [settled(CARD), settled(unreadable)]);
  const other = aBalanceTransaction({ ...CARD, amount: 5n, net: 5n, currency: 'eur' });
  const readable = aBalanceTransaction({ id: 'txn_2', amount: 7n, source: aCharge() });
  await stage(await begin(store, MOMENT), [settled(other), settled(readable)]);
  expect(await findRow(db, store.instanceId, 'txn_1')).toEqual(CARD);
  expect(await findRow(db, store.instanceId, 'txn_2')).toEqual(readable);
});

test('the direction of a leg is that of the money that is kept', async () => {
  const payout = { id: 'txn_1', type: 'payout', category: 'payout' } as const;
  await stage(await begin(store), [settled(aBalanceTransaction({ ...payout, amount: -5n }))]);
  const [before] = await legsOfRows(db, store.instanceId, ['txn_1']);
  const unreadable = { amount: null, net: null, fault: 'OBJECT_UNREADABLE' } as const;
  for (const fields of [unreadable, { amount: 5n }]) {
    const row = aBalanceTransaction({ ...payout, ...fields });
    await stage(await begin(store, MOMENT), [settled(row)]);
    const [leg] = await legsOfRows(db, store.instanceId, ['txn_1']);
    const { from, to, amount, moves, fault } = before!;
    expect(leg).toMatchObject({ from, to, amount, moves, fault });
  }
});

test('what is booked does not change, whatever is known of its row later', async () => {
  const refund = { ...REFUND, id: 'txn_1', source: aRefund({ customer: null }) };
  const first = await begin(store);
  const { pageId } = await stage(first, [settled(aBalanceTransaction(refund))]);
  await settle(first, pageId);
  const [before] = await legsOfRows(db, store.instanceId, ['txn_1']);
  const { from, to, amount, metadata, also, fault } = before!;
  const later = { ...refund, source: aRefund({ customer: 'cus_2' }) };
  const unread = { ...refund, exchangeRate: '1.1', source: { object: 'other', id: null } as const };
  for (const fields of [later, unread]) {
    await stage(await begin(store, MOMENT), [settled(aBalanceTransaction(fields))]);
    const [leg] = await legsOfRows(db, store.instanceId, ['txn_1']);
    expect(leg).toMatchObject({ state: 'staged', from, to, amount, metadata, also, fault });
  }
});

test('what is in conflict is looked at again once it belongs somewhere else', async () => {
  const failure = aBalanceTransaction({ ...FAILURE, id: 'txn_1', source: aCharge() });
  const first = await begin(store);
  const { pageId } = await stage(first, [settled(failure)]);
  await settle(first, pageId, () => true);
  expect(await stage(await begin(store), [settled(failure)])).toMatchObject({ count: 0 });
  const begun = { ...NOTHING_KNOWN, begunBefore: true };
  expect(await stage(await begin(store), [settled(failure, begun)])).toMatchObject({ count: 1 });
  const [leg] = await legsOfRows(db, store.instanceId, ['txn_1']);
  expect(leg).toMatchObject({ state: 'staged', from: '@stripe-opening' });
});

test('the object behind a row is kept as it was last seen, also once a key may not see it', async () => {
  await stage(await begin(store), [settled(PENDING)]);
  await stage(await begin(store), [settled({ ...PENDING, source: aCharge() })]);
  await stage(await begin(store), [
    settled({ ...PENDING, source: { object: 'other', id: 'ch_1' } }),
  ]);
  expect((await findRow(db, store.instanceId, 'txn_1'))?.source).toEqual(aCharge());
});

test('rows are found by payment and by object, in Stripe’s order within a second', async () => {
  const created = MOMENT;
  const [refund, fails] = [aRefund({ id: 're_1' }), aRefund({ id: 're_1', amount: 1n })];
  // Stripe lists the newest first.
  const rows = [
    aBalanceTransaction({ ...REFUND, id: 'txn_a', created, source: fails }),
    aBalanceTransaction({ ...REFUND, id: 'txn_c', created, source: refund }),
    aBalanceTransaction({ id: 'txn_b', created, source: aCharge() }),
  ];
  const sync = await begin(store);
  const page = { ...pageOf(sync, 'one'), pageId: `${sync.syncId}_1` };
  await stageSettled(
    db,
    page,
    rows.slice(0, 2).map((bt) => settled(bt)),
  );
  const second = { ...page, pageId: `${sync.syncId}_2`, cursor: 'txn_c' };
  await stageSettled(
    db,
    second,
    rows.slice(2).map((bt) => settled(bt)),
  );
  const ofPayment = await rowsOfPayments(db, store.instanceId, ['pi_1']);
  expect(ofPayment.map(({ id }) => id)).toEqual(['txn_b', 'txn_c', 'txn_a']);
  const ofRefund = await rowsOfObjects(db, store.instanceId, ['re_1']);
  expect(ofRefund.map(({ id }) => id)).toEqual(['txn_c', 'txn_a']);
});

test('legs are counted by kind, apart from the pay-ins of the same sync', async () => {
  const sync = await begin(store);
  await book(sync, [aPayIn()]);
  const { pageId } = await stage(sync, [
    settled(PENDING),
    ...rowsOf(2, (n) => ({ id: `txn_p${n}` })).map((bt) => settled(bt)),
  ]);
  await settle(sync, pageId, (id) => id === 'txn_p1');
  const one = { found: 1, posted: 1, alreadyPosted: 0, quarantined: 0, beforeSince: 0 };
  const expected = {
    charge: { ...one, found: 2, posted: 2 },
    payout: { ...one, found: 2, quarantined: 1 },
  };
  const saved = { counts: { found: 0 }, legs: expected };
  expect(await savePage(db, sync.syncId, pageId)).toMatchObject(saved);
  expect(await legsOfSync(db, sync.syncId)).toEqual(expected);
  const sums = await db.transaction((tx) => sumPages(tx, sync.syncId));
  expect(sums).toMatchObject({ newlyQuarantined: 0, reasons: {} });
  await closeSync(db, sync.syncId, 'completed', sums);
  await db.query('delete from sync_pages where sync_id = $1', [sync.syncId]);
  expect(await legsOfSync(db, sync.syncId)).toEqual(expected);
  expect(await namesAside(store)).toEqual(['txn_p1']);
});

test('a page of legs that waits steps aside as one of pay-ins does', async () => {
  const sync = await begin(store);
  const { pageId } = await stage(sync, [settled(PENDING)]);
  expect(await pagesAside(db, store.sourceId, sync.syncId, 10)).toEqual([
    { pageId, feed: 'events', count: 2 },
  ]);
});

test('the legs of rows are found whatever has become of them', async () => {
  const sync = await begin(store);
  const { pageId } = await stage(sync, [settled(PENDING)]);
  await settle(sync, pageId, (id) => id === 'txn_1.fee');
  const legs = await legsOfRows(db, store.instanceId, ['txn_1']);
  expect(legs.map(({ id, state, reason }) => [id, state, reason])).toEqual([
    ['txn_1', 'posted', null],
    ['txn_1.fee', 'quarantined', 'CONFLICT'],
  ]);
  expect(await findLeg(db, store, 'txn_1.fee')).toMatchObject({ datedAt: MOMENT });
  expect(await findLeg(db, store, 'pi_1')).toBeUndefined();
});

test('whoever has lost the lease stages nothing', async () => {
  const sync = await begin(store);
  await begin(store);
  await expect(stage(sync, [settled(CARD)])).rejects.toMatchObject({ code: 'SYNC_NOT_OPEN' });
  expect(await findRow(db, store.instanceId, 'txn_1')).toBeUndefined();
});

test('the longest amounts are kept, and a sum of them that is too long is set aside', async () => {
  const most = 10n ** 18n - 1n;
  const feeDetails = [
    ...Array.from({ length: 200 }, () => aFee(most)),
    ...Array.from({ length: 200 }, () => aFee(-most, 'tax')),
  ];
  const row = aBalanceTransaction({ ...PENDING, amount: most, net: most, fee: 0n, feeDetails });
  const sync = await begin(store);
  const { pageId } = await stage(sync, [settled(row)]);
  expect(await findRow(db, store.instanceId, row.id)).toMatchObject({ amount: most });
  const unsafe = { amount: null, fault: 'AMOUNT_UNSAFE' };
  expect(await stagedLegs(db, { ...sync, pageId })).toMatchObject([
    { id: 'txn_1', amount: most, fault: null },
    { id: 'txn_1.fee', ...unsafe },
    { id: 'txn_1.tax', ...unsafe },
  ]);
});
