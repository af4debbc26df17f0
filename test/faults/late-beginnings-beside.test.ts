/** Two windows list at the same time what began before the cut-over and what follows it. */
import type { Db } from '../../src/store/db';
import { connectDb } from '../../src/store/db';
import { settleMovements } from '../../src/engine/movements/settle';
import { currentSource } from '../../src/store/sources';
import { openSync } from '../../src/store/syncs';
import { insertWindows, openWindows } from '../../src/store/windows';
import { balanceOf, heldAt } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';

const HOUR = 3_600;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

const none = () => undefined;

test.each([
  ['the beginning', 0],
  ['what follows', 1],
])('%s is staged last', async (_what, last) => {
  const world = await startWorld(db, { startAt: CUT_OVER - HOUR });
  try {
    const { instanceId, stripe, clock, connection } = world;
    const { id: payment } = await stripe.world.pay({ amount: 10_000, customer: 'cus_1' });
    await world.driver.sync();
    const { id: dispute } = await stripe.world.money.dispute({ payment, at: CUT_OVER - 60 });
    clock.set(CUT_OVER + 2 * HOUR);
    await stripe.world.money.closeDispute({ dispute, status: 'won', at: CUT_OVER });
    await enableWorld(world, { cutOver: CUT_OVER, held: heldAt(world, CUT_OVER) });
    const { sourceId } = (await currentSource(db, instanceId))!;
    const syncId = `${instanceId}_beside`;
    const owner = { workflowId: syncId, firstRunId: syncId };
    await openSync(db, { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner });
    const plans = [
      [CUT_OVER - HOUR, CUT_OVER - 1],
      [CUT_OVER, clock.nowSeconds()],
    ] as const;
    const feed = 'balance_transactions' as const;
    await db.transaction((tx) =>
      insertWindows(tx, {
        ...{ syncId, sourceId, listingId: null, round: 0 },
        plans: plans.map(([from, to]) => ({ feed, from, to, withCharge: false })),
      }),
    );
    const windows = await openWindows(db, syncId, []);
    const read = (which: number, through: Db) => {
      const { windowId } = windows.find(({ from }) => from === plans[which]![0])!;
      const input = { syncId, instanceId, windowId, cursor: null, mayCut: false };
      const attempt = { signal: new AbortController().signal, handled: none, succeeded: none };
      const deps = { ...world.deps, isOwnerOpen: () => Promise.resolve(true), db: through };
      return settleMovements(deps, input, connection, attempt);
    };
    // When the one has made its legs and is about to stage them, the other one is read from beginning to end.
    let isBeside = false;
    const through: Db = {
      ...db,
      transaction: async (work) => {
        if (!isBeside) {
          isBeside = true;
          await read(1 - last, db);
        }
        return db.transaction(work);
      },
    };
    await read(last, through);
    expect(isBeside).toBe(true);
    expect(balanceOf(world, '@stripe-disputes')).toEqual({});
    expect(balanceOf(world, '@stripe-opening')).not.toEqual({});
  } finally {
    await world.close();
  }
});
