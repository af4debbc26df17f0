/** What is known of the payment behind each row of a page, by our own rows. */
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import type { Known } from '../../src/domain/movements/known';
import { knownOf } from '../../src/engine/movements/known-of';
import { connectDb, type Db } from '../../src/store/db';
import { findEnabled } from '../../src/store/openings';
import { switchSource } from '../../src/store/sources';
import { unbookedOf } from '../../src/store/unbooked-rows';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  settle,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import {
  aBalanceTransaction,
  aCharge,
  aDispute,
  aRefund,
  booked,
  MOMENT,
} from '../support/worlds/a-balance-transaction';
import { CHART, DEBIT, EARLIER, FAILURE, REFUND } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (store = await aSettledStore(db)));

const EARLY = CHART.cutOver - 1;
const CARD = aBalanceTransaction({ source: aCharge() });
const REFUNDED = aBalanceTransaction({ ...REFUND, id: 'txn_2' });

/** What is known of the first of them, with the whole page. */
async function known(...rows: [BalanceTransaction, ...BalanceTransaction[]]): Promise<Known> {
  const { openedAt, countedTo } = (await findEnabled(db, store.sourceId))!;
  const of = await knownOf(db, { ...store, chart: CHART, openedAt, countedTo }, rows);
  return of(rows[0]);
}

/** An instance that was enabled long ago, or after all that the test books. */
async function openedAt(moment: Date): Promise<void> {
  await db.query(
    'update sources set movements_opened_at = $2, movements_counted_to = $2 where source_id = $1',
    [store.sourceId, moment],
  );
}

async function becomes(state: string): Promise<void> {
  await db.query(
    `update movements set state = $2 where instance_id = $1 and movement_id = 'pi_1'`,
    [store.instanceId, state],
  );
}

test('a payment without a row of ours is open, and nobody knows who paid', async () => {
  expect(await known(CARD)).toEqual({
    payIn: { state: 'open', payer: undefined },
    begunBefore: false,
  });
  expect(await known(aBalanceTransaction())).toMatchObject({ payIn: { state: 'open' } });
});

test('a pay-in that is in the ledger is booked, for its charge, its refunds and its disputes', async () => {
  await book(await begin(store), [aPayIn()]);
  const dispute = aBalanceTransaction({ source: aDispute() });
  for (const row of [CARD, REFUNDED, dispute]) expect(await known(row)).toEqual(booked());
  await becomes('already_posted');
  expect(await known(CARD)).toEqual(booked());
});

describe.each(['staged', 'quarantined'])('one that is %s', (state) => {
  test('is open if it was never booked, and tells who paid', async () => {
    await book(await begin(store), [aPayIn()]);
    await becomes(state);
    await db.query(
      `update movements set posted_at = null, booked_at = null, first_booked_at = null where instance_id = $1`,
      [store.instanceId],
    );
    expect((await known(CARD)).payIn).toEqual({ state: 'open', payer: 'cus_1' });
  });

  test('is booked if the ledger has held it: its rows are booked by that', async () => {
    await book(await begin(store), [aPayIn()]);
    await becomes(state);
    for (const row of [CARD, REFUNDED]) expect(await known(row)).toEqual(booked());
  });
});

test('one from before SYNC_SINCE is earlier and not in the ledger', async () => {
  await book(await begin(store), [aPayIn()]);
  await becomes('before_since');
  expect(await known(CARD)).toEqual(EARLIER);
});

test('one that another ledger holds is open', async () => {
  await book(await begin(store), [aPayIn()]);
  const { sourceId } = await db.transaction((tx) =>
    switchSource(tx, store.instanceId, {
      stripeAccount: `acct_${store.instanceId}`,
      livemode: false,
      ledgerAddress: 'http://another',
      keyFingerprint: 'fingerprint',
    }),
  );
  const of = await knownOf(
    db,
    { ...store, sourceId, chart: CHART, openedAt: new Date(), countedTo: new Date() },
    [CARD],
  );
  expect(of(CARD).payIn).toEqual({ state: 'open', payer: 'cus_1' });
});

test('a row that names a charge alone belongs to the payment that another row names', async () => {
  await book(await begin(store), [aPayIn({ chargeId: null })]);
  await stage(await begin(store), [settled(CARD)]);
  const refund = { ...REFUNDED, source: aRefund({ paymentIntentId: null }) };
  expect(await known(refund)).toEqual(booked({ chargeId: null }));
});

test('a charge without a payment is booked under its own id', async () => {
  const lone = aBalanceTransaction({ source: aCharge({ paymentIntentId: null }) });
  const sync = await begin(store);
  await settle(sync, (await stage(sync, [settled(lone)])).pageId);
  const refund = { ...REFUNDED, source: aRefund({ paymentIntentId: null }) };
  const payIn = { state: 'booked', id: 'ch_1', chargeId: 'ch_1', payer: 'cus_1', amount: 10_000n };
  expect(await known(refund)).toMatchObject({ payIn });
});

describe('of a pay-in that succeeded before the cut-over', () => {
  const early = aPayIn({ created: EARLY, succeededAt: EARLY });

  test('what the opening balance counts is earlier, and in the ledger', async () => {
    await book(await begin(store), [early]);
    await openedAt(new Date(Date.now() + 60_000));
    expect((await known(CARD)).payIn).toMatchObject({ state: 'booked' });
    expect((await known(REFUNDED)).payIn).toEqual({ ...EARLIER.payIn, isInLedger: true });
  });

  test('what was booked after the opening was frozen is booked', async () => {
    await book(await begin(store), [early]);
    expect((await known(REFUNDED)).payIn).toMatchObject({ state: 'booked' });
  });

  test.each([
    ['succeeded with the cut-over', CHART.cutOver, -1, 'booked'],
    ['was taken with the end of what is counted', EARLY, 0, 'booked'],
    ['succeeded and was taken just before', EARLY, -1, 'earlier'],
  ])('one that %s', async (_what, succeededAt, taken, state) => {
    await book(await begin(store), [aPayIn({ created: EARLY, succeededAt })]);
    const moment = Date.now() - 60_000;
    await openedAt(new Date(moment));
    await db.query('update movements set booked_at = $2 where instance_id = $1', [
      store.instanceId,
      new Date(moment + taken),
    ]);
    expect((await known(REFUNDED)).payIn).toMatchObject({ state });
  });

  test('what the ledger lost and holds again is counted still', async () => {
    await book(await begin(store), [early]);
    const first = new Date(Date.now() - 86_400_000);
    await db.query(
      `update movements set state = 'staged', posted_at = $2, booked_at = $2, sync_id = 'none'
       where instance_id = $1`,
      [store.instanceId, first],
    );
    await openedAt(new Date(Date.now() - 3_600_000));
    await book(await begin(store), [early]);
    expect((await known(REFUNDED)).payIn).toMatchObject({ state: 'earlier', isInLedger: true });
  });

  test.each<[string, Partial<BalanceTransaction>, string]>([
    ['a row of its charge since the cut-over', {}, 'booked'],
    ['one of another charge', { source: aCharge({ id: 'ch_2' }) }, 'earlier'],
    ['one from before it', { created: EARLY }, 'earlier'],
    [
      'one from the last second before the opening was frozen',
      { created: MOMENT + 4_999 },
      'booked',
    ],
    ['one from when the opening was frozen', { created: MOMENT + 5_000 }, 'earlier'],
  ])('with %s', async (_what, fields, state) => {
    await book(await begin(store), [early]);
    await openedAt(new Date((MOMENT + 5_000) * 1000));
    await db.query('update movements set booked_at = $2 where instance_id = $1', [
      store.instanceId,
      new Date(MOMENT * 1000),
    ]);
    const row = { ...CARD, ...fields };
    // While it is on the same page, and when it is kept.
    expect((await known(REFUNDED, row)).payIn).toMatchObject({ state });
    await stage(await begin(store), [settled(row)]);
    expect((await known(REFUNDED)).payIn).toMatchObject({ state });
  });
});

test.each([
  ['before the opening was frozen, is the pay-in', -1, []],
  ['afterwards, is what the opening balance counts once more', 0, [10_000n]],
])('a charge of a pay-in from before the cut-over, made %s', async (_what, later, missing) => {
  await book(await begin(store), [aPayIn({ created: EARLY, succeededAt: EARLY })]);
  await db.query('update movements set booked_at = $2 where instance_id = $1', [
    store.instanceId,
    new Date((MOMENT - 100) * 1000),
  ]);
  await openedAt(new Date(MOMENT * 1000));
  const row = { ...CARD, created: MOMENT + later };
  await stage(await begin(store), [{ ...settled(row), legs: [] }]);
  const unbooked = await unbookedOf(db, store.instanceId, [row.id]);
  expect(unbooked.map(({ amount }) => amount)).toEqual(missing);
});

describe('rows that their movements add up to, in our books', () => {
  const missing = async (...ids: string[]) =>
    (await unbookedOf(db, store.instanceId, ids)).map(({ amount }) => amount);

  test('are those of a pay-in that the opening balance counts, of whose charge only a row from before tells', async () => {
    await book(await begin(store), [aPayIn({ created: EARLY, succeededAt: EARLY })]);
    await openedAt(new Date(Date.now() + 60_000));
    const row = { ...CARD, created: EARLY };
    await stage(await begin(store), [{ ...settled(row), legs: [] }]);
    expect(await missing(row.id)).toEqual([]);
  });

  test('are those of another balance of Stripe’s, which are not booked', async () => {
    const hold = aBalanceTransaction({ balanceType: 'issuing' });
    await stage(await begin(store), [settled(hold)]);
    expect(await missing(hold.id)).toEqual([]);
  });

  test('are those of a try that failed, whose pay-in came through another charge', async () => {
    await book(await begin(store), [aPayIn()]);
    const tried = aBalanceTransaction({ source: aCharge({ id: 'ch_0', status: 'failed' }) });
    await stage(await begin(store), [settled(tried, booked())]);
    expect(await missing(tried.id)).toEqual([]);
  });
});

describe('what has begun before the cut-over', () => {
  const debit = aBalanceTransaction({ ...DEBIT, id: 'txn_9', created: EARLY });
  const failure = aBalanceTransaction({ ...FAILURE, source: aCharge({ status: 'failed' }) });
  const won = aBalanceTransaction({ type: 'adjustment', category: 'dispute', source: aDispute() });
  const withdrawn = { ...won, id: 'txn_9', amount: -10_000n, created: EARLY };

  test.each([
    ['a debit that fails', failure, debit],
    ['a dispute that is won', won, withdrawn],
  ])('%s, as it is on the same page or kept', async (_what, row, begun) => {
    expect(await known(row)).toMatchObject({ begunBefore: false });
    expect(await known(row, begun)).toMatchObject({ begunBefore: true });
    await stage(await begin(store), [settled(begun)]);
    expect(await known(row)).toMatchObject({ begunBefore: true });
  });

  test('is a dispute that says so, whose first row is older than all that are read', async () => {
    const told = { ...won, source: aDispute({ begunAt: EARLY }) };
    expect(await known(told)).toMatchObject({ begunBefore: true });
    await stage(await begin(store), [settled(told)]);
    // Also where the key may not read it any more, and once it is final.
    expect(await known(won)).toMatchObject({ begunBefore: true });
    await stage(await begin(store), [settled(won)]);
    expect(await known(won)).toMatchObject({ begunBefore: true });
    const since = aDispute({ id: 'du_2', begunAt: CHART.cutOver });
    expect(await known({ ...won, source: since })).toMatchObject({ begunBefore: false });
  });

  test('is told by its time, whatever cut-over it was read for', async () => {
    await stage(await begin(store), [{ ...settled(withdrawn), isBefore: false }]);
    expect(await known(won)).toMatchObject({ begunBefore: true });
    const later = { ...withdrawn, id: 'txn_8', created: MOMENT, source: aDispute({ id: 'du_2' }) };
    await stage(await begin(store), [{ ...settled(later), isBefore: true }]);
    expect(await known({ ...won, source: aDispute({ id: 'du_2' }) })).toMatchObject({
      begunBefore: false,
    });
  });

  test('is not the dispute of a charge from before it', async () => {
    const charge = { ...CARD, id: 'txn_9', created: EARLY };
    expect(await known(won, charge)).toMatchObject({ begunBefore: false });
  });
});
