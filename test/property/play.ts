/** Plays a story on a driven world, and holds every sync in it to its promises. */
import type { Scope } from '../../src/domain/sync';
import { makeDue } from '../../src/store/pay-ins';
import { listSyncs, type SyncRow } from '../../src/store/syncs';
import type { DrivenWorld } from '../support/driver-world';
import type { Ended } from '../support/driver';
import {
  DAY,
  LONGEST_LAG,
  LONGEST_STEP_BACK,
  OPEN,
  PAYERS,
  type Action,
  type WorldAction,
} from './actions';
import {
  bookings,
  expectConsistent,
  expectedBookings,
  foundOnPages,
  intents,
  isPostable,
  markedBy,
  postedBy,
  quarantined,
  shownAsSucceeded,
} from '../support/books-of-world';

export interface Player {
  /** The world as it was before anybody synced. */
  begin(history: readonly number[]): Promise<void>;
  act(action: Action): Promise<void>;
  /** Everything is repaired and shown; two quiet runs later all must be well. */
  finish(): Promise<void>;
}

/** The sync that has no id yet. */
const UNDER_WAY = 'under way';

export function createPlayer(world: DrivenWorld): Player {
  const { stripe, blnk, clock, driver, instanceId, db } = world;
  /** By sync: what Stripe showed as succeeded when it began, and what it has posted. */
  const shown = new Map<string, readonly string[]>();
  const posted = new Map<string, Map<string, string>>();
  const openSyncs = new Set<string>();
  let amount = 1000;

  async function act(action: WorldAction): Promise<void> {
    switch (action.do) {
      case 'pay':
        for (let index = 0; index < action.count; index += 1) {
          await stripe.world.pay({
            amount: (amount += 1),
            ...PAYERS[action.as],
            lagSeconds: action.lag,
          });
        }
        return;
      case 'begin': {
        const createdAt = clock.nowSeconds() - action.ago;
        const { lag } = action;
        amount += 1;
        await stripe.world.create({ amount, ...OPEN[action.as], createdAt, lagSeconds: lag });
        return;
      }
      case 'succeed': {
        const intent = pickOpen(action.which);
        if (!intent) return;
        const parts = { all: 0, less: -100, more: 100 };
        await stripe.world.succeed(intent.id, {
          // The clock may have been set back since it was created.
          at: Math.max(intent.created, clock.nowSeconds()),
          amountReceived: Number(intent.amount) + parts[action.part],
          lagSeconds: action.lag,
        });
        return;
      }
      case 'cancel': {
        const intent = pickOpen(action.which);
        if (!intent) return;
        await stripe.world.cancel(intent.id, { at: Math.max(intent.created, clock.nowSeconds()) });
        return;
      }
      case 'clock':
        clock.advance(action.by);
        if (action.by < 0) hide();
        return;
      case 'fault':
        (action.side === 'stripe' ? stripe : blnk).faults.add(action.rule);
        return;
      case 'repair':
        repair();
    }
  }

  /** What Stripe no longer shows it need not give to the syncs that are under way. */
  function hide(): void {
    const now = new Set(shownAsSucceeded(world));
    for (const [syncId, ids] of shown) {
      shown.set(
        syncId,
        ids.filter((id) => now.has(id)),
      );
    }
  }

  function pickOpen(which: number) {
    const open = stripe.world.open();
    const id = open[which % Math.max(1, open.length)];
    return id === undefined ? undefined : intents(world).find((intent) => intent.id === id);
  }

  function repair(): void {
    stripe.faults.clear();
    blnk.faults.clear();
  }

  function scopeOf(kind: Extract<Action, { do: 'sync' }>['scope']): Scope {
    const now = clock.nowSeconds();
    const [one] = intents(world);
    if (kind === 'range') return { kind, from: now - DAY, to: now + 1 };
    if (kind === 'payment' && one) return { kind, paymentIntentId: one.id };
    return { kind: 'full' };
  }

  /** What each sync has posted, as long as no other one has taken over its rows. */
  async function note(): Promise<void> {
    for (const { syncId, status, error } of await allSyncs()) {
      if (!openSyncs.has(syncId)) continue;
      if (error !== 'OWNER_GONE') posted.set(syncId, await postedBy(world, syncId));
      if (status !== 'running') openSyncs.delete(syncId);
    }
  }

  const allSyncs = () => listSyncs(db, instanceId, 1000);

  async function sync(action: Extract<Action, { do: 'sync' }>): Promise<Ended> {
    await note();
    const scope = scopeOf(action.scope);
    shown.set(UNDER_WAY, shownAsSucceeded(world));
    const ended = await driver.sync({
      scope,
      interruptions: action.interruptions.map(({ after, how, action: other }) => ({
        ...{ after, how },
        meanwhile: () => (other ? act(other) : Promise.resolve()),
      })),
    });
    openSyncs.add(ended.syncId);
    if (scope.kind === 'full') shown.set(ended.syncId, shown.get(UNDER_WAY) ?? []);
    if (ended.how === 'closed' && ended.row) {
      expect(ended.row.status).not.toBe('running');
      await expectComplete(ended.row);
    }
    return ended;
  }

  /** Promise 1: what was shown when a completed sync began is in the ledger, or set aside. */
  async function expectComplete(row: SyncRow): Promise<void> {
    if (!row.status.startsWith('completed')) return;
    const inLedger = new Set(bookings(world).map(({ reference }) => reference));
    const setAside = new Set(await quarantined(world));
    const missing = (shown.get(row.syncId) ?? []).filter(
      (id) => !inLedger.has(id) && !setAside.has(id),
    );
    expect({ sync: row.syncId, missing }).toEqual({ sync: row.syncId, missing: [] });
  }

  async function resume(): Promise<void> {
    const before = new Set((await allSyncs()).filter(isRunning).map(({ syncId }) => syncId));
    await driver.resume();
    for (const row of await allSyncs()) if (before.has(row.syncId)) await expectComplete(row);
    await note();
  }

  return {
    async begin(history) {
      for (const days of history) {
        const createdAt = clock.nowSeconds() - days * DAY;
        await stripe.world.pay({ amount: (amount += 1), createdAt });
      }
    },

    async act(action) {
      switch (action.do) {
        case 'sync':
          await sync(action);
          return;
        case 'resume':
          return resume();
        case 'pay':
        case 'begin':
        case 'succeed':
        case 'cancel':
        case 'clock':
        case 'fault':
        case 'repair':
          return act(action);
      }
    },

    async finish() {
      repair();
      await resume();
      // What was still to happen to a sync that was held may have been a fault.
      repair();
      clock.advance(LONGEST_STEP_BACK * 15 + LONGEST_LAG);
      await makeDue(db, instanceId);
      const quiet = { do: 'sync', scope: 'full', interruptions: [] } as const;
      expect((await sync(quiet)).row?.status).toMatch(/^completed/);
      await makeDue(db, instanceId);
      const { row } = await sync(quiet);
      expect(row).toMatchObject({ status: 'completed', recordsFound: 0, recordsPosted: 0 });
      await note();

      expect(bookings(world)).toEqual(expectedBookings(world));
      const unpostable = intents(world).filter(
        (intent) => intent.status === 'succeeded' && !isPostable(intent),
      );
      expect(await quarantined(world)).toEqual(unpostable.map(({ id }) => id).sort());
      await expectTrueCounters();
    },
  };

  async function expectTrueCounters(): Promise<void> {
    const rows = await allSyncs();
    const counted = new Set<string>();
    const pages = await foundOnPages(world);
    for (const row of rows) {
      expect(row.status).not.toBe('running');
      expectConsistent(row);
      expect(pages.get(row.syncId)).toBe(row.recordsFound);
      const own = posted.get(row.syncId) ?? new Map<string, string>();
      expect({ sync: row.syncId, posted: row.recordsPosted }).toEqual({
        sync: row.syncId,
        posted: own.size,
      });
      const money = Object.values(row.amounts).map((sums) => BigInt(sums.posted));
      const sum = [...own.values()].reduce((total, part) => total + BigInt(part), 0n);
      expect(money.reduce((total, part) => total + part, 0n)).toBe(sum);
      const marked = markedBy(world, row.syncId);
      for (const id of own.keys()) {
        // Booked once, and by one sync only: the one that the ledger names.
        expect(marked).toContain(id);
        expect(counted.has(id)).toBe(false);
        counted.add(id);
      }
    }
    // Who booked what no sync counts as its own was interrupted before it knew.
    const finders = rows.reduce((total, row) => total + row.recordsAlreadyPosted, 0);
    const unknown = bookings(world).filter(({ reference }) => !counted.has(reference));
    expect(unknown.length).toBeLessThanOrEqual(finders);
  }
}

function isRunning(row: SyncRow): boolean {
  return row.status === 'running';
}
