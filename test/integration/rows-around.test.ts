/** The rows of a currency as a proof looks at them: around a reading of Stripe's balance. */
import { EDGE } from '../../src/domain/proof/reading-judgement';
import { readingsOfCurrency } from '../../src/engine/proof/readings-of-currency';
import { connectDb, type Db } from '../../src/store/db';
import { hasUnreadRow, rowsAround } from '../../src/store/rows-around';
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
import { aBalanceTransaction, MOMENT } from '../support/worlds/a-balance-transaction';
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

const BIG = 2n ** 60n;

describe('the rows around a reading', () => {
  const around = (at: number, held = 0n) => rowsAround(db, store.sourceId, 'USD', at, held);

  test('are parted into those before it, near it and after it', async () => {
    // A payout each second: -100 now, -101 a second ago, and so on.
    await stage(
      sync,
      rowsOf(20).map((bt) => settled(bt)),
    );
    const before = rowsOf(20)
      .slice(14)
      .reduce((sum, { net }) => sum + net!, 0n);
    expect(await around(MOMENT - 10, 5_000n)).toEqual({
      before: 5_000n + before,
      near: [13, 12, 11, 10, 9, 8, 7].map((n) => ({ created: MOMENT - n, net: BigInt(-100 - n) })),
      after: {
        count: 7,
        net: [0, 1, 2, 3, 4, 5, 6].reduce((sum, n) => sum - 100n - BigInt(n), 0n),
      },
    });
  });

  test('of several readings are read once, and the step says that it goes on', async () => {
    await stage(
      sync,
      rowsOf(20).map((bt) => settled(bt)),
    );
    let statements = 0;
    let reports = 0;
    const counting = new Proxy(db, {
      get: (target, name) => {
        if (name === 'query') statements += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
    const attempt = {
      signal: new AbortController().signal,
      handled: () => undefined,
      succeeded: () => void (reports += 1),
    };
    // Two of one second, some whose seconds around overlap, one before all rows and one after.
    const times = [-30, -12, -12, -10, -9, 0, 5].map((seconds) => MOMENT + seconds);
    const readings = times.map((at) => ({ at, parts: [] }));
    const own = { syncId: sync.syncId, instanceId: store.instanceId, sourceId: store.sourceId };
    const work = { db: counting, sync: own, attempt };
    const found = await readingsOfCurrency(work, readings, 'USD', MOMENT);
    expect([statements, reports]).toEqual([1, 1]);
    const all = rowsOf(20).map((bt) => ({ created: bt.created!, net: bt.net! }));
    for (const { at, rows } of found) {
      const sum = (some: typeof all) => some.reduce((net, one) => net + one.net, 0n);
      const later = all.filter(({ created }) => created > at + EDGE);
      expect(rows).toEqual({
        before: sum(all.filter(({ created }) => created < at - EDGE)),
        near: all.filter(({ created }) => Math.abs(created - at) <= EDGE).reverse(),
        after: { count: later.length, net: sum(later) },
      });
    }
    expect(found.map(({ at }) => at)).toEqual(times);
  });

  test('have Stripe’s order within a second, over pages and over runs', async () => {
    const created = MOMENT;
    const pages = rowsOf(6, () => ({ created }));
    await stage(
      sync,
      pages.slice(0, 3).map((bt) => settled(bt)),
    );
    await stage(
      sync,
      pages.slice(3).map((bt) => settled(bt)),
    );
    const newer = await begin(store);
    const later = { ...newer, windows: newer.windows };
    const rows = [aBalanceTransaction({ id: 'txn_new', created, amount: 7n }), pages[0]!];
    await db.query('update sync_windows set list_place = $2 where window_id = $1', [
      later.windows[0]!.windowId,
      (MOMENT + 3_600) * 1_000_000,
    ]);
    await stage(
      later,
      rows.map((bt) => settled(bt)),
    );
    const { near } = await around(MOMENT);
    expect(near.map(({ net }) => net)).toEqual([-105n, -104n, -103n, -102n, -101n, -100n, 7n]);
  });

  test('are none of other currencies or balances, nor of before the cut-over', async () => {
    await stage(sync, [
      settled(aBalanceTransaction({ id: 'txn_1', currency: 'eur' })),
      settled(aBalanceTransaction({ id: 'txn_2', balanceType: 'issuing' })),
      settled(aBalanceTransaction({ id: 'txn_3', created: CHART.cutOver - 1 })),
      settled(aBalanceTransaction({ id: 'txn_4', balanceType: null, amount: 9n })),
    ]);
    const near = [{ created: MOMENT, net: 9n }];
    expect(await around(MOMENT)).toEqual({ before: 0n, near, after: { count: 0, net: 0n } });
  });

  test('hold sums beyond 2^53', async () => {
    await stage(
      sync,
      rowsOf(8, () => ({ amount: BIG })).map((bt) => settled(bt)),
    );
    const { before, near, after } = await around(MOMENT - 4);
    const sum = near.reduce((all, { net }) => all + net, before + after.net);
    expect([sum, near.length, after.count]).toEqual([8n * BIG, 7, 1]);
    expect(before).toBe(0n);
  });
});

test('a row that could not be read is in the way where it moves this balance since the cut-over', async () => {
  const unread = (id: string, fields: object) =>
    settled(aBalanceTransaction({ id, fault: 'FIELDS_MALFORMED', ...fields }));
  const before = unread('txn_1', { created: CHART.cutOver - 1 });
  await stage(sync, [before, unread('txn_2', { balanceType: 'issuing' })]);
  expect(await hasUnreadRow(db, store.sourceId)).toBe(false);
  await stage(sync, [unread('txn_3', {})]);
  expect(await hasUnreadRow(db, store.sourceId)).toBe(true);
});
