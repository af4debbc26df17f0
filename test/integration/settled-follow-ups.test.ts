/** What is known of the payments behind rows, and which rows legs are to follow by now. */
import { connectDb, type Db } from '../../src/store/db';
import {
  dueBookings,
  dueSums,
  hasFollowUps,
  pendingLoneCharges,
  unknownPayments,
} from '../../src/store/follow-ups';
import { begunBefore, idsOfPayments, knownPayInsOf } from '../../src/store/known-pay-ins';
import { stagedLegs } from '../../src/store/legs';
import { switchSource } from '../../src/store/sources';
import { appliedLegs } from '../../src/domain/movements/follow-ups';
import { diffLegs } from '../../src/domain/movements/difference';
import type { Leg } from '../../src/domain/movements/leg';
import type { BookedPayIn } from '../../src/domain/movements/known';
import { findFollowUps, stageFollowUps } from '../../src/store/settled-staging';
import { testEnvironment } from '../support/environment';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  pageOf,
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

const PENDING = aBalanceTransaction(DEBIT);

describe('what is known of a payment', () => {
  const ask = (payments: string[], charges: string[]) =>
    knownPayInsOf(db, store.instanceId, payments, charges);

  test('is our own row of it, by its id or by that of its charge', async () => {
    await book(await begin(store), [aPayIn(), aPayIn({ id: 'pi_2', chargeId: 'ch_2' })]);
    const known = {
      ...{ id: 'pi_1', chargeId: 'ch_1', payer: 'cus_1', amount: 10_000n, currency: 'usd' },
      ...{ state: 'posted', sourceId: store.sourceId },
      ...{ createdAt: MOMENT - 60, succeededAt: MOMENT - 60, datedAt: MOMENT - 60 },
      ...{ bookedAt: expect.any(Date) as Date },
    };
    expect(await ask(['pi_1', 'pi_none'], [])).toEqual([{ ...known, charges: [] }]);
    expect(await ask([], ['ch_1'])).toEqual([{ ...known, charges: ['ch_1'] }]);
  });

  test('is found by a charge whose payment another row names', async () => {
    await book(await begin(store), [aPayIn({ chargeId: null })]);
    await stage(await begin(store), [settled(aBalanceTransaction({ source: aCharge() }))]);
    expect(await ask([], ['ch_1'])).toMatchObject([{ id: 'pi_1' }]);
  });

  test('of a charge without one is what was booked under its own id', async () => {
    const lone = aBalanceTransaction({ source: aCharge({ id: 'ch_9', paymentIntentId: null }) });
    const sync = await begin(store);
    const { pageId } = await stage(sync, [settled(lone)]);
    await settle(sync, pageId);
    expect(await ask([], ['ch_9'])).toMatchObject([
      { id: 'ch_9', chargeId: 'ch_9', payer: 'cus_1', amount: 10_000n, state: 'posted' },
    ]);
  });

  test('is asked for by payment, and by charge where a row names no payment', () => {
    const rows = [
      aBalanceTransaction({ source: aCharge() }),
      aBalanceTransaction({ source: aRefund({ paymentIntentId: null, chargeId: 'ch_2' }) }),
      aBalanceTransaction({ source: aDispute({ paymentIntentId: 'pi_3' }) }),
      aBalanceTransaction({ source: { object: 'payout', id: 'po_1' } }),
    ];
    expect(idsOfPayments(rows)).toEqual({
      paymentIntentIds: ['pi_1', 'pi_3'],
      chargeIds: ['ch_2'],
    });
  });

  test('tells whether its charge or dispute moved the balance before the cut-over', async () => {
    const created = CHART.cutOver - 1;
    await stage(await begin(store), [
      settled(aBalanceTransaction({ ...PENDING, created })),
      settled(aBalanceTransaction({ ...REFUND, id: 'txn_2', created })),
      settled(
        aBalanceTransaction({
          ...{ id: 'txn_3', source: aCharge({ id: 'ch_3' }), created: CHART.cutOver },
        }),
      ),
      settled(aBalanceTransaction({ id: 'txn_4', source: aDispute({ begunAt: CHART.cutOver }) })),
    ]);
    const found = await begunBefore(
      db,
      store.instanceId,
      ['ch_1', 'ch_3', 're_1', 'du_1'],
      CHART.cutOver,
    );
    expect([...found]).toEqual(['ch_1']);
  });
});

const due = async () => (await dueBookings(db, store.sourceId, 10)).map(({ id }) => id);

/** Legs that follow, on a page of their own. */
async function follow(legs: readonly Leg[]): Promise<void> {
  const sync = await begin(store);
  const page = pageOf(sync, `${sync.syncId}_follow`);
  await stageFollowUps(db, page, { rows: [], legs, disputes: [] });
}

/** What stands under this reference is of a ledger that was left. */
async function isLeft(reference: string): Promise<void> {
  const { sourceId } = await aSettledStore(db);
  await db.query(
    'update movements set source_id = $3 where instance_id = $1 and movement_id = $2',
    [store.instanceId, reference, sourceId],
  );
}

/** So long ago. */
const seen = (ago: string) =>
  db.query(
    'update balance_transactions set seen_at = now() - $2::interval where instance_id = $1',
    [store.instanceId, ago],
  );

describe('legs that follow a booking', () => {
  test('are due once the pay-in is booked, and no more once they are staged', async () => {
    const sync = await begin(store);
    await stage(sync, [settled(PENDING)]);
    expect(await due()).toEqual([]);
    await book(sync, [aPayIn()]);
    expect(await due()).toEqual(['txn_1']);
    const page = pageOf(sync, `${sync.syncId}_follow`);
    const legs = appliedLegs(PENDING, booked(), CHART);
    const rows = [{ btId: 'txn_1', awaits: null }];
    const staged = { count: 1, nextCursor: null };
    expect(await stageFollowUps(db, page, { rows, legs, disputes: [] })).toEqual(staged);
    expect(await due()).toEqual([]);
    expect(await stagedLegs(db, page)).toMatchObject([{ id: 'txn_1.applied', moves: -10_000n }]);
  });

  test('are due as well once the payment is found to be from before SYNC_SINCE', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await db.query(
      `update movements set state = 'before_since' where instance_id = $1 and kind = 'pay_in'`,
      [store.instanceId],
    );
    expect(await due()).toEqual(['txn_1']);
  });

  test('are not due while it is set aside', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await db.query(
      `update movements set state = 'quarantined' where instance_id = $1 and kind = 'pay_in'`,
      [store.instanceId],
    );
    expect(await due()).toEqual([]);
  });

  test('are not due while what they undo is kept out by a fault', async () => {
    const row = settled(PENDING);
    const unread = row.legs.map((leg) => ({ ...leg, fault: 'SOURCE_UNREADABLE' as const }));
    const sync = await begin(store);
    const { pageId } = await stage(sync, [{ ...row, legs: unread }]);
    await settle(sync, pageId, () => true);
    await book(await begin(store), [aPayIn()]);
    expect(await due()).toEqual([]);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
    await stage(await begin(store), [row]);
    expect(await due()).toEqual(['txn_1']);
  });

  test('are not due while something else stands under the reference of what they undo', async () => {
    const sync = await begin(store);
    const { pageId } = await stage(sync, [settled(PENDING)]);
    await settle(sync, pageId, () => true);
    await book(await begin(store), [aPayIn()]);
    expect(await due()).toEqual([]);
    await db.query(
      `update movements set reason = 'NOT_APPLIED' where instance_id = $1 and movement_id = 'txn_1'`,
      [store.instanceId],
    );
    expect(await due()).toEqual(['txn_1']);
  });

  test('stay due when the row is read again before they are staged', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await stage(await begin(store), [settled({ ...PENDING, source: aCharge() }, booked())]);
    expect(await due()).toEqual(['txn_1']);
  });

  test('are waited for no more once the charge has failed', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    const failure = { ...FAILURE, id: 'txn_2', source: aCharge({ status: 'failed' }) };
    await stage(await begin(store), [settled(aBalanceTransaction(failure))]);
    await book(await begin(store), [aPayIn({ chargeId: 'ch_2' })]);
    expect(await due()).toEqual([]);
  });

  test('come a part at a time', async () => {
    const sync = await begin(store);
    const rows = ['1', '2', '3'].map((n) => {
      const source = aCharge({ id: `ch_${n}`, paymentIntentId: `pi_${n}`, status: 'pending' });
      return settled(aBalanceTransaction({ id: `txn_${n}`, source }));
    });
    await stage(sync, rows);
    await book(
      sync,
      ['1', '2', '3'].map((n) => aPayIn({ id: `pi_${n}`, chargeId: `ch_${n}` })),
    );
    expect((await dueBookings(db, store.sourceId, 2)).map(({ id }) => id)).toEqual([
      'txn_1',
      'txn_2',
    ]);
    const next = { rows: [{ btId: 'txn_1', awaits: null }], legs: [], disputes: [] };
    const page = pageOf(sync, `${sync.syncId}_follow`);
    expect(await stageFollowUps(db, page, next)).toEqual({ count: 0, nextCursor: '2' });
    expect(await due()).toEqual(['txn_2', 'txn_3']);
  });

  test('are not due by what another ledger holds', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await isLeft('pi_1');
    expect(await due()).toEqual([]);
  });

  test('are not due where what they undo is in another ledger', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await isLeft('txn_1');
    expect(await due()).toEqual([]);
  });

  test('of one from before SYNC_SINCE are over where its money is in the opening of this ledger', async () => {
    await stage(await begin(store), [settled(PENDING)]);
    await book(await begin(store), [aPayIn()]);
    await db.query(
      `update movements set state = 'before_since' where instance_id = $1 and kind = 'pay_in'`,
      [store.instanceId],
    );
    await follow(appliedLegs(PENDING, EARLIER, CHART));
    expect(await due()).toEqual([]);
    await isLeft('txn_1.applied');
    expect(await due()).toEqual(['txn_1']);
  });
});

test('rows that are read for another ledger wait for what is to come there', async () => {
  const row = aBalanceTransaction({ amount: 9_999n, source: aCharge() });
  await stage(await begin(store), [settled(row, booked())]);
  const { sourceId } = await db.transaction((tx) =>
    switchSource(tx, store.instanceId, {
      ...{ stripeAccount: `acct_${store.instanceId}`, livemode: false },
      ...{ ledgerAddress: 'http://elsewhere', keyFingerprint: 'fingerprint' },
    }),
  );
  store = { ...store, sourceId };
  await stage(await begin(store), [settled(row)]);
  await book(await begin(store), [aPayIn()]);
  expect(await due()).toEqual(['txn_1']);
});

test('a page of legs that follow is staged once, whatever is due when it is repeated', async () => {
  const sync = await begin(store);
  await stage(sync, [settled(PENDING)]);
  await book(sync, [aPayIn()]);
  const page = pageOf(sync, `${sync.syncId}_follow`);
  const legs = appliedLegs(PENDING, booked(), CHART);
  const none = { rows: [], legs: [], disputes: [] };
  const first = await stageFollowUps(db, page, { ...none, legs });
  expect(first).toEqual({ count: 1, nextCursor: '2' });
  const others = legs.map((leg) => ({ ...leg, reference: `${leg.reference}_2` }));
  const again = { ...none, legs: others, rows: [{ btId: 'txn_1', awaits: null }] };
  expect(await stageFollowUps(db, page, again)).toEqual(first);
  expect(await findFollowUps(db, page.pageId)).toEqual(first);
  expect(await due()).toEqual(['txn_1']);
});

test('a charge without a payment is asked for after a time, unless its row is read again before', async () => {
  const source = aCharge({ paymentIntentId: null, status: 'pending' });
  const lone = aBalanceTransaction({ source });
  const learned = () => pendingLoneCharges(db, store.sourceId, 10, true);
  await stage(await begin(store), [settled(lone)]);
  expect(await learned()).toEqual([]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await seen('7 hours');
  expect(await learned()).toEqual([lone]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(true);
  expect(await dueBookings(db, store.sourceId, 10)).toEqual([]);
  const sync = await begin(store);
  const asked = { btId: 'txn_1', awaits: 'booking', charge: source } as const;
  const page = pageOf(sync, `${sync.syncId}_follow`);
  await stageFollowUps(db, page, { rows: [asked], legs: [], disputes: [] });
  expect(await learned()).toEqual([]);
  const succeeded = { ...lone, source: { ...source, status: 'succeeded' } };
  await stage(await begin(store), [settled(succeeded)]);
  expect(await learned()).toEqual([succeeded]);
});

test('a charge without a payment is not asked for while its own money is kept out of the ledger', async () => {
  const source = aCharge({ paymentIntentId: null, status: 'pending' });
  const sync = await begin(store);
  const { pageId } = await stage(sync, [settled(aBalanceTransaction({ source }))]);
  await settle(sync, pageId, () => true);
  await seen('7 hours');
  expect(await pendingLoneCharges(db, store.sourceId, 10, true)).toEqual([]);
});

test('a payment that nothing has told of is asked for where its charge since the cut-over has succeeded', async () => {
  const succeeded = aBalanceTransaction({ source: aCharge() });
  const of = (n: number, status: string, created = MOMENT) =>
    settled({
      ...{ ...succeeded, id: `txn_${n}`, created },
      source: aCharge({ id: `ch_${n}`, paymentIntentId: `pi_${n}`, status }),
    });
  await stage(await begin(store), [
    ...[of(1, 'succeeded'), of(2, 'pending'), of(4, 'succeeded')],
    of(3, 'succeeded', CHART.cutOver - 1),
  ]);
  await book(await begin(store), [aPayIn({ id: 'pi_4', chargeId: 'ch_4' })]);
  const unknown = () => unknownPayments(db, store.sourceId, 10);
  expect(await unknown()).toEqual([]);
  await seen('7 hours');
  expect(await unknown()).toEqual([{ btId: 'txn_1', paymentId: 'pi_1' }]);
});

test('rows that do not add up are due once late ones have come', async () => {
  const row = aBalanceTransaction({ amount: 9_999n, source: aCharge() });
  await stage(await begin(store), [settled(row, booked())]);
  expect(await dueSums(db, store.sourceId, 10)).toEqual([]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await seen('25 hours');
  expect(await dueSums(db, store.sourceId, 10)).toEqual([row]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(true);
});

test('rows that were read long before their pay-in was booked are due a day after that', async () => {
  const row = aBalanceTransaction({ amount: 9_999n, source: aCharge() });
  await stage(await begin(store), [settled(row, booked())]);
  await seen('3 days');
  await book(await begin(store), [aPayIn()]);
  expect(await dueSums(db, store.sourceId, 10)).toEqual([]);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await db.query(
    `update movements set posted_at = now() - interval '25 hours'
     where instance_id = $1 and movement_id = 'pi_1'`,
    [store.instanceId],
  );
  expect(await dueSums(db, store.sourceId, 10)).toEqual([row]);
});

test('a row that comes to a difference that this ledger has is due at once', async () => {
  const row = aBalanceTransaction({ amount: 9_999n, source: aCharge() });
  await stage(await begin(store), [settled(row, booked())]);
  await follow(diffLegs(booked().payIn as BookedPayIn, [row], [], CHART));
  expect(await dueSums(db, store.sourceId, 10)).toEqual([row]);
  await isLeft('pi_1.diff');
  expect(await dueSums(db, store.sourceId, 10)).toEqual([]);
});
