/** An instance whose movements are carried over, with what stages balance transactions and pay-ins into it. */
import { randomUUID } from 'node:crypto';
import type { BalanceTransaction } from '../../../src/domain/movements/balance-transaction';
import { legsOf } from '../../../src/domain/movements/chart';
import { awaitsOf } from '../../../src/domain/movements/follow-ups';
import { isBefore } from '../../../src/domain/movements/bookable';
import { NOTHING_KNOWN, type Known } from '../../../src/domain/movements/known';
import type { PayIn } from '../../../src/domain/pay-in';
import { enableMovements } from '../../../src/store/openings';
import type { Db } from '../../../src/store/db';
import { ensureInstance } from '../../../src/store/instances';
import { legsSetAside, stagedLegs } from '../../../src/store/legs';
import { stagedPayIns, writeOutcomes, type MovementOutcome } from '../../../src/store/movements';
import { switchSource } from '../../../src/store/sources';
import { stageSettled, type SettledRow } from '../../../src/store/settled-staging';
import { stagePage } from '../../../src/store/staging';
import { openSync } from '../../../src/store/syncs';
import { insertWindows, openWindows, type WindowRow } from '../../../src/store/windows';
import { aBalanceTransaction, MOMENT } from '../worlds/a-balance-transaction';
import { BALANCES, CHART } from '../worlds/legs-of-row';

export interface SettledStore {
  readonly db: Db;
  readonly instanceId: string;
  readonly sourceId: string;
}

/** @param cutOver Unix seconds; null: the whole history is carried over; `none`: no movements are */
export async function aSettledStore(
  db: Db,
  cutOver: number | null | 'none' = CHART.cutOver,
): Promise<SettledStore> {
  const instanceId = `inst_${randomUUID().slice(0, 8)}`;
  await ensureInstance(db, { instanceId, balances: BALANCES, syncSince: 'all' });
  const { sourceId } = await db.transaction((tx) =>
    switchSource(tx, instanceId, {
      stripeAccount: `acct_${instanceId}`,
      livemode: false,
      ledgerAddress: 'http://ledger',
      keyFingerprint: 'fingerprint',
    }),
  );
  const store = { db, instanceId, sourceId };
  if (cutOver !== 'none') {
    const enabling = { instanceId, sourceId, cutOver, by: null };
    await db.transaction((tx) => enableMovements(tx, enabling, []));
  }
  return store;
}

export interface RunningSync extends SettledStore {
  readonly syncId: string;
  readonly windows: readonly WindowRow[];
}

let syncs = 0;

/** Ends the sync before it. Its windows: a tail, or one that has an upper bound. */
export async function begin(store: SettledStore, to: number | null = null): Promise<RunningSync> {
  const { db, instanceId, sourceId } = store;
  await db.query(
    `update stripe_syncs set status = 'failed' where instance_id = $1 and status = 'running'`,
    [instanceId],
  );
  const syncId = `sync_${instanceId}_${syncs++}`;
  const owner = { workflowId: syncId, firstRunId: syncId };
  await openSync(db, { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner });
  const feed = to === null ? 'events' : 'payment_intents';
  const plans = [{ feed, from: 0, to, withCharge: false } as const];
  await db.transaction((tx) =>
    insertWindows(tx, { syncId, sourceId, listingId: null, round: 0, plans }),
  );
  return { ...store, syncId, windows: await openWindows(db, syncId, []) };
}

export const pageOf = (sync: RunningSync, pageId: string) => ({
  ...{ pageId, syncId: sync.syncId, instanceId: sync.instanceId, sourceId: sync.sourceId },
  ...{ window: sync.windows[0]!, cursor: null, nextCursor: null, sourceBalance: BALANCES.source },
  answer: { answeredAt: MOMENT + 60, newest: null },
});

/** As the chart makes it. */
export function settled(bt: BalanceTransaction, known: Known = NOTHING_KNOWN): SettledRow {
  return {
    bt,
    isBefore: isBefore(bt, CHART),
    awaits: awaitsOf(bt, known, CHART),
    legs: legsOf(bt, known, CHART),
  };
}

let pages = 0;

/** Stages a page of rows, newest first. @returns the page, and how many legs it owns */
export async function stage(
  sync: RunningSync,
  rows: readonly SettledRow[],
  pageId = `page_${sync.syncId}_${pages++}`,
): Promise<{ pageId: string; count: number }> {
  const staged = await stageSettled(sync.db, pageOf(sync, pageId), rows);
  return { pageId, count: staged!.count };
}

/** The outcomes of a page's legs and pay-ins: posted, but where `setAside` says otherwise. */
export async function settle(
  sync: RunningSync,
  pageId: string,
  setAside: (id: string) => boolean = () => false,
): Promise<string[]> {
  const page = { ...sync, pageId };
  const [legs, payIns] = [await stagedLegs(sync.db, page), await stagedPayIns(sync.db, page)];
  const ids = [...legs, ...payIns].map(({ id }) => id);
  await writeOutcomes(
    sync.db,
    page,
    ids.map((id) => outcomeOf(id, setAside(id))),
  );
  return ids;
}

function outcomeOf(movementId: string, isAside: boolean): MovementOutcome {
  if (isAside) return { kind: 'quarantined', movementId, reason: 'CONFLICT' };
  return {
    ...{ kind: 'posted', movementId, reference: movementId },
    ...{ transactionId: `blnk_${movementId}`, bookedAt: null },
  };
}

export function aPayIn(fields: Partial<PayIn> = {}): PayIn {
  return {
    ...{ id: 'pi_1', amount: 10_000n, currency: 'usd', payer: 'cus_1', chargeId: 'ch_1' },
    ...{ created: MOMENT - 60, succeededAt: MOMENT - 60, chargedAt: null },
    ...{ livemode: false, fault: null },
    ...fields,
  };
}

/** Books pay-ins, as their own feed does. */
export async function book(sync: RunningSync, payIns: readonly PayIn[]): Promise<void> {
  const page = pageOf(sync, `page_${sync.syncId}_${pages++}`);
  await stagePage(sync.db, page, payIns);
  await settle(sync, page.pageId);
}

/** Rows of a currency, a second apart unless `fields` say otherwise, newest first. */
export function rowsOf(
  count: number,
  fields: (n: number) => Partial<BalanceTransaction> = () => ({}),
): BalanceTransaction[] {
  return Array.from({ length: count }, (_, n) =>
    aBalanceTransaction({
      ...{ id: `txn_${n}`, created: MOMENT - n, type: 'payout', category: 'payout' },
      ...{ amount: BigInt(-100 - n), source: { object: 'payout', id: `po_${n}` } },
      ...fields(n),
    }),
  );
}

export async function namesAside(store: SettledStore): Promise<string[]> {
  return (await legsSetAside(store.db, store.sourceId, 100)).map(({ id }) => id);
}
