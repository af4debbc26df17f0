/** The sums that a proof rests on are what adding up all rows would say, whoever writes them and in what order. */
import fc from 'fast-check';
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { reopenMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { countPayIns } from '../../src/store/pay-in-totals';
import { addBooked, notYetSince, readNotYet } from '../../src/store/not-yet';
import { findOpened } from '../../src/store/openings';
import { countLegs, settledSums } from '../../src/store/settled-sums';
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
  type SettledStore,
} from '../support/databases/settled-store';
import {
  aBalanceTransaction,
  aCharge,
  booked,
  MOMENT,
} from '../support/worlds/a-balance-transaction';
import { CHART, DEBIT } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => void (store = await aSettledStore(db)));

/** Every sum by reading all rows. */
async function expectTrue(): Promise<void> {
  const { sourceId, instanceId } = store;
  const rows = await db.query(
    `select coalesce(balance_type, 'payments') as balance_type, coalesce(currency, '') as currency, is_before,
       count(*) as count, sum(coalesce(net, amount - fee, 0))::text as net
     from balance_transactions where source_id = $1 group by 1, 2, 3 order by 1, 2, 3`,
    [sourceId],
  );
  const keptRows = await db.query(
    `select balance_type, currency, is_before, count, net::text from stripe_totals
     where source_id = $1 and (count <> 0 or net <> 0) order by 1, 2, 3`,
    [sourceId],
  );
  expect(keptRows).toEqual(rows);
  const side = (own: string, other: string) =>
    `coalesce(sum(amount) filter (where ${own} = '@stripe' and ${other} <> '@stripe'), 0)::text`;
  const legs = await db.query(
    `select coalesce(currency, '') as currency, state, count(*) as count,
       ${side('from_balance', 'to_balance')} as debits, ${side('to_balance', 'from_balance')} as credits
     from movements where source_id = $1 and kind <> 'pay_in' and state <> 'staged' group by 1, 2 order by 1, 2`,
    [sourceId],
  );
  const keptLegs = await db.query(
    `select currency, state, count, debits::text, credits::text from ledger_totals
     where source_id = $1 and (count <> 0 or debits <> 0 or credits <> 0) order by 1, 2`,
    [sourceId],
  );
  expect(keptLegs).toEqual(legs);
  const payIns = await db.query<{ state: string; count: number }>(
    `select state, count(*) as count from movements
     where instance_id = $1 and kind = 'pay_in' group by 1`,
    [instanceId],
  );
  const counted = Object.fromEntries(payIns.map(({ state, count }) => [state, count]));
  expect(await countPayIns(db, instanceId)).toEqual(counted);
}

const row = fc.record({
  n: fc.nat(12),
  amount: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
  fee: fc.bigInt({ min: -100n, max: 100n }),
  currency: fc.constantFrom('usd', 'eur', 'jpy'),
  form: fc.constantFrom('card', 'debit', 'payout', 'unknown', 'issuing', 'unreadable'),
  isEarly: fc.boolean(),
});

function toRow({
  n,
  amount,
  fee,
  currency,
  form,
  isEarly,
}: typeof row extends fc.Arbitrary<infer T> ? T : never) {
  const source = aCharge({ id: `ch_${n}`, paymentIntentId: `pi_${n}` });
  const forms: Record<typeof form, Partial<BalanceTransaction>> = {
    card: { source },
    debit: { ...DEBIT, source: { ...source, status: 'pending' } },
    payout: { type: 'payout', category: 'payout' },
    unknown: { type: 'new', category: 'new' },
    issuing: { balanceType: 'issuing' },
    unreadable: { amount: null, net: null, fault: 'OBJECT_UNREADABLE' },
  };
  const created = CHART.cutOver + (isEarly ? -5 : n);
  return aBalanceTransaction({ id: `txn_${n}`, amount, fee, currency, created, ...forms[form] });
}

test('they hold after any writes', async () => {
  const step = fc.record({
    rows: fc.array(row, { maxLength: 8 }),
    isBooked: fc.boolean(),
    isListing: fc.boolean(),
    aside: fc.nat(4),
    payIns: fc.array(fc.nat(12), { maxLength: 4 }),
    end: fc.constantFrom('settled', 'left', 'gone'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      store = await aSettledStore(db);
      for (const { rows, isBooked, isListing, aside, payIns, end } of steps) {
        const sync = await begin(store, isListing ? MOMENT : null);
        await book(
          sync,
          payIns.map((n) => aPayIn({ id: `pi_${n}`, chargeId: `ch_${n}` })),
        );
        const staged = rows.map((one) => {
          const id = `pi_${one.n}`;
          return settled(
            toRow(one),
            isBooked ? booked({ id, chargeId: `ch_${one.n}` }) : undefined,
          );
        });
        const { pageId } = await stage(sync, staged);
        if (end !== 'left') await settle(sync, pageId, (id) => id.length % 5 === aside);
        if (end === 'gone') {
          await db.query(
            `delete from movements where instance_id = $1 and movement_id like '%fee'`,
            [store.instanceId],
          );
          await db.query(
            `delete from balance_transactions where instance_id = $1 and bt_id like '%1'`,
            [store.instanceId],
          );
        }
        await expectTrue();
      }
    }),
    { numRuns: 25 },
  );
});

test('they hold while pages are written at once', async () => {
  const sync = await begin(store);
  await Promise.all(
    Array.from({ length: 5 }, async (_, at) => {
      const rows = rowsOf(40, (n) => ({ id: `txn_${at}_${n}`, currency: n % 2 ? 'usd' : 'eur' }));
      const { pageId } = await stage(
        sync,
        rows.map((bt) => settled(bt)),
      );
      await settle(sync, pageId, (id) => id.endsWith('3'));
    }),
  );
  await expectTrue();
});

test('a proof has of each currency what is entered, booked, set aside and open', async () => {
  const sync = await begin(store);
  await book(sync, [
    aPayIn(),
    aPayIn({ id: 'pi_2', amount: 500n, currency: 'eur', chargeId: 'ch_2' }),
  ]);
  const rows = [
    settled(aBalanceTransaction({ id: 'txn_card', fee: 320n, source: aCharge() }), booked()),
    ...rowsOf(2).map((bt) => settled(bt)),
    settled(aBalanceTransaction({ id: 'txn_old', created: CHART.cutOver - 1, source: aCharge() })),
  ];
  const { pageId } = await stage(sync, rows);
  await settle(sync, pageId, (id) => id === 'txn_1');
  await stage(sync, [
    settled(aBalanceTransaction({ id: 'txn_late', amount: 5n, type: 'new', category: null })),
  ]);
  expect(await settledSums(db, store.sourceId)).toEqual([
    {
      ...{ currency: 'EUR', entered: 0n, rows: 0, movements: 1, setAside: 0n, aside: 0, staged: 0 },
      booked: { debits: 500n, credits: 0n },
    },
    {
      ...{ currency: 'USD', entered: 10_000n - 320n - 100n - 101n + 5n, rows: 4 },
      // The fee and the first payout; the second one is set aside.
      booked: { debits: 10_000n, credits: 320n + 100n },
      ...{ movements: 3, setAside: -101n, aside: 1, staged: 1 },
    },
  ]);
  expect(await countLegs(db, store.instanceId)).toBe(4);
});

test('Stripe’s other balances are no part of the sums', async () => {
  const of = { balanceType: 'issuing', amount: -70n };
  await stage(await begin(store), [settled(aBalanceTransaction(of))]);
  expect(await settledSums(db, store.sourceId)).toEqual([]);
});

describe('pay-ins that Stripe’s balance does not have yet', () => {
  const NONE = new Map();
  const charge = (fields = {}) =>
    settled(aBalanceTransaction({ source: aCharge(fields) }), booked());

  test('are those that are booked, until their row is listed', async () => {
    const sync = await begin(store);
    await book(sync, [aPayIn(), aPayIn({ id: 'pi_2', amount: 7n, chargeId: 'ch_2' })]);
    const before = await readNotYet(db, store.sourceId);
    expect(before.get('USD')).toMatchObject({ count: 2, amount: 10_007n });
    await stage(sync, [charge()]);
    const far = Math.floor(Date.now() / 1000) + 3_600;
    const left = await notYetSince(db, store.sourceId, far, 10);
    expect(left).toMatchObject([{ id: 'pi_2', amount: 7n, currency: 'usd' }]);
    expect(await notYetSince(db, store.sourceId, far - 7_200, 10)).toEqual([]);
  });

  test('are added by enabling again where a process that enabled has left some out', async () => {
    const sync = await begin(store);
    await book(sync, [aPayIn(), aPayIn({ id: 'pi_2', amount: 7n, chargeId: 'ch_2' })]);
    await stage(sync, [charge()]);
    const { instanceId, sourceId } = store;
    await db.query(`update stripe_syncs set status = 'completed' where instance_id = $1`, [
      instanceId,
    ]);
    const all = await readNotYet(db, sourceId);
    expect(all.get('USD')).toMatchObject({ count: 1, amount: 7n });
    await db.query('delete from not_yet_in_stripe where source_id = $1', [sourceId]);
    const opened = (await findOpened(db, sourceId))!;
    for (let times = 0; times < 2; times += 1) {
      await reopenMovements(db, instanceId, sourceId, opened, 'a test');
      expect(await readNotYet(db, sourceId)).toEqual(all);
    }
  });

  test('are none whose row was listed before', async () => {
    await stage(await begin(store), [charge({ status: 'pending' })]);
    await book(await begin(store), [aPayIn()]);
    expect(await readNotYet(db, store.sourceId)).toEqual(NONE);
  });

  test('are still those whose failed attempt has a row', async () => {
    await stage(await begin(store), [charge({ id: 'ch_0', status: 'failed' })]);
    await book(await begin(store), [aPayIn()]);
    await stage(await begin(store), [charge({ id: 'ch_other' })]);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({ count: 1 });
  });

  test.each([
    ['payment_reversal', 'charge'],
    ['payment_failure_refund', 'charge_failure'],
  ])('are still those of which no more than a %s is listed', async (type, category) => {
    const sync = await begin(store);
    await book(sync, [aPayIn()]);
    const back = { type, category, amount: -10_000n, source: aCharge() };
    await stage(sync, [settled(aBalanceTransaction(back), booked())]);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({ count: 1 });
  });

  test('are none that a full listing has found again', async () => {
    const first = await begin(store);
    await book(first, [aPayIn()]);
    await stage(first, [charge()]);
    await book(await begin(store, MOMENT), [aPayIn()]);
    expect(await readNotYet(db, store.sourceId)).toEqual(NONE);
  });

  test('are none that the opening balance counts, also once they are posted again', async () => {
    const early = aPayIn({ created: CHART.cutOver - 1, succeededAt: CHART.cutOver - 1 });
    await book(await begin(store), [early]);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({ count: 1 });
    await db.query(
      `update movements set state = 'staged', booked_at = 'yesterday', posted_at = 'yesterday'
       where instance_id = $1`,
      [store.instanceId],
    );
    await db.query('update sources set movements_counted_to = now() where source_id = $1', [
      store.sourceId,
    ]);
    await book(await begin(store), [early]);
    expect(await readNotYet(db, store.sourceId)).toEqual(NONE);
  });

  test('are no more once they are to be posted again', async () => {
    await book(await begin(store), [aPayIn()]);
    await db.query(`update movements set state = 'staged' where instance_id = $1`, [
      store.instanceId,
    ]);
    expect(await readNotYet(db, store.sourceId)).toEqual(NONE);
  });

  test('of before movements were carried over are added once, without those that have a row', async () => {
    const opens = (countedTo: string) =>
      db.query(
        `update sources set movements_from_s = $2, movements_counted_to = ${countedTo} where source_id = $1`,
        [store.sourceId, MOMENT - 100],
      );
    store = await aSettledStore(db, 'none');
    const sync = await begin(store);
    const old = { succeededAt: MOMENT - 900, created: MOMENT - 900 };
    await book(sync, [
      aPayIn(),
      aPayIn({ id: 'pi_2', chargeId: 'ch_2', amount: 3n }),
      aPayIn({ id: 'pi_3', ...old }),
    ]);
    expect(await readNotYet(db, store.sourceId)).toEqual(NONE);
    await stage(sync, [charge()]);
    await opens('now()');
    expect(await addBooked(db, store, null)).toBeNull();
    await addBooked(db, store, null);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({
      count: 1,
      amount: 3n,
    });
    // Of a version that did not note when: the opening balance has counted it.
    await db.query(
      `update movements set booked_at = null, posted_at = null where instance_id = $1 and movement_id = 'pi_3'`,
      [store.instanceId],
    );
    await addBooked(db, store, null);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({ count: 1 });
    await db.query(
      `update movements set booked_at = now() where instance_id = $1 and movement_id = 'pi_3'`,
      [store.instanceId],
    );
    // As the opening balance that a lost database has forgotten says: the ledger took all of them after it.
    await opens(`'yesterday'`);
    await addBooked(db, store, null);
    expect((await readNotYet(db, store.sourceId)).get('USD')).toMatchObject({ count: 2 });
  });
});
