/** One deployment of a story: its syncs, what each of them has promised, and what it says to have done. */
import type { Scope } from '../../src/domain/sync';
import { listSyncs, type SyncRow } from '../../src/store/syncs';
import {
  bookings,
  expectConsistent,
  foundOnPages,
  markedBy,
  postedBy,
  quarantined,
} from '../support/books/books-of-world';
import type { Interruption } from '../support/worlds/driven-run';
import type { Ended } from '../support/worlds/driver';
import type { DrivenWorld } from '../support/worlds/driver-world';
import { makeDue } from '../support/worlds/make-due';

/** What the story says of payments. */
export interface Truth {
  /** Shown as succeeded, by the list and the events, and not before SYNC_SINCE. */
  shown(): readonly string[];
  /** Lost by the ledger once, and posted again. */
  readonly forgotten: ReadonlySet<string>;
}

export interface Deployment {
  readonly world: DrivenWorld;
  sync(scope: Scope, interruptions: readonly Interruption[]): Promise<Ended>;
  resume(): Promise<void>;
  /** Not all that was shown is promised any more, also by syncs that are under way. */
  release(stillPromised: (id: string) => boolean): void;
  /** A sync of everything with what is set aside tried again. */
  quietSync(): Promise<SyncRow>;
  /** @param counted what syncs have counted as posted; those of this deployment are added */
  expectTrueCounters(counted: Set<string>): Promise<{ alreadyPosted: number }>;
}

/** The sync that has no id yet. */
const UNDER_WAY = 'under way';

export function createDeployment(world: DrivenWorld, truth: Truth): Deployment {
  const { db, driver, instanceId } = world;
  /** By sync: what Stripe showed as succeeded when it began, and what it has posted. */
  const shown = new Map<string, readonly string[]>();
  const posted = new Map<string, Map<string, string>>();
  const openSyncs = new Set<string>();

  const allSyncs = () => listSyncs(db, instanceId, 1000);

  /** What each sync has posted, as long as no other one has taken over its rows. */
  async function note(): Promise<void> {
    for (const { syncId, status, error } of await allSyncs()) {
      if (!openSyncs.has(syncId)) continue;
      if (error !== 'OWNER_GONE') posted.set(syncId, await postedBy(world, syncId));
      if (status !== 'running') openSyncs.delete(syncId);
    }
  }

  /** Promise 1: what was shown when a completed sync began is in the ledger, or set aside. */
  async function expectComplete(row: SyncRow): Promise<void> {
    if (!row.status.startsWith('completed')) return;
    const inLedger = new Set(bookings(world).map(({ reference }) => reference));
    const setAside = await quarantined(world);
    const missing = (shown.get(row.syncId) ?? []).filter(
      (id) => !inLedger.has(id) && !setAside.has(id),
    );
    expect({ sync: row.syncId, missing }).toEqual({ sync: row.syncId, missing: [] });
  }

  const sync: Deployment['sync'] = async (scope, interruptions) => {
    await note();
    shown.set(UNDER_WAY, truth.shown());
    const ended = await driver.sync({ scope, interruptions });
    openSyncs.add(ended.syncId);
    if (scope.kind === 'full') shown.set(ended.syncId, shown.get(UNDER_WAY) ?? []);
    if (ended.how === 'closed' && ended.row) {
      expect(ended.row.status).not.toBe('running');
      await expectComplete(ended.row);
    }
    return ended;
  };

  return {
    world,
    sync,

    async resume() {
      const before = new Set((await allSyncs()).filter(isRunning).map(({ syncId }) => syncId));
      await driver.resume();
      for (const row of await allSyncs()) if (before.has(row.syncId)) await expectComplete(row);
      await note();
    },

    release(stillPromised) {
      for (const [syncId, ids] of shown) shown.set(syncId, ids.filter(stillPromised));
    },

    async quietSync() {
      await makeDue(db, instanceId);
      const { row } = await sync({ kind: 'full' }, []);
      await note();
      return row!;
    },

    async expectTrueCounters(counted) {
      const rows = await allSyncs();
      const pages = await foundOnPages(world);
      for (const row of rows) {
        expect(row.status).not.toBe('running');
        expectConsistent(row);
        expect(pages.get(row.syncId)).toBe(row.counts.found);
        const own = posted.get(row.syncId) ?? new Map<string, string>();
        expect({ sync: row.syncId, posted: row.counts.posted }).toEqual({
          sync: row.syncId,
          posted: own.size,
        });
        const money = Object.values(row.amounts).map((sums) => BigInt(sums.posted));
        const sum = [...own.values()].reduce((total, part) => total + BigInt(part), 0n);
        expect(money.reduce((total, part) => total + part, 0n)).toBe(sum);
        const marked = markedBy(world, row.syncId);
        for (const id of own.keys()) {
          if (truth.forgotten.has(id)) continue;
          // Booked once, and by one sync only: the one that the ledger names.
          expect(marked).toContain(id);
          expect(counted.has(id)).toBe(false);
          counted.add(id);
        }
      }
      return { alreadyPosted: rows.reduce((total, row) => total + row.counts.alreadyPosted, 0) };
    },
  };
}

function isRunning(row: SyncRow): boolean {
  return row.status === 'running';
}
