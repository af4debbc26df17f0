/**
 * The staging of balance transactions with their legs, and of legs that follow. Every row of Stripe's is kept; its
 * legs belong to pages as pay-ins do (docs/store.md).
 */
import type { Awaits } from '../domain/follow-ups';
import type { Leg } from '../domain/leg';
import { keepRows, type NewRow } from './balance-transactions';
import type { Db, Queries } from './db';
import { endDue, noteDisputesOf, type LostDispute } from './disputes';
import { stageLegs, type Claim } from './legs';
import { listedNow } from './not-yet';
import { recordPage, type NewPage } from './pages';
import { isFirst } from './staging';
import { assertOpen } from './syncs';
import { cutWindow, takePlaces, type WindowRow } from './windows';

export interface SettledPage extends NewPage {
  /** What is left of the window below the page is cut: the first second that stays with it. */
  readonly cut?: number | undefined;
  /** The name of the balance that stands for Stripe's. */
  readonly sourceBalance: string;
}

/** A row with what it is made into. */
export interface SettledRow extends NewRow {
  readonly legs: readonly Leg[];
}

/**
 * Keeps a page's rows and stages their legs, and returns how many legs the page owns, and the windows that it has
 * cut off.
 * @param rows as Stripe lists them, newest first
 */
export async function stageSettled(
  db: Db,
  page: SettledPage,
  rows: readonly SettledRow[],
): Promise<{ count: number; windows: string[] }> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    const first = await isFirst(tx, page);
    const { windowId, sourceId } = page.window;
    const lowest = await takePlaces(tx, windowId, page.answer?.answeredAt ?? 0, rows.length);
    await keepRows(tx, { instanceId: page.instanceId, sourceId }, rows, lowest);
    await endWaiting(tx, page.instanceId, rows);
    await noteDisputesOf(tx, { instanceId: page.instanceId, sourceId }, rows);
    await listedNow(tx, page.instanceId, rows);
    const legs = rows.flatMap((row) => row.legs);
    await stageLegs(tx, claimOf(page), legs);
    const windows = await cutWindow(tx, page.window, page, first ? page.cut : undefined);
    return { count: await recordPage(tx, page), windows };
  });
}

/** A window with an upper bound is a listing's, or reads again on purpose; one without is the tail. */
function claimOf(page: SettledPage): Claim {
  const { window, instanceId, syncId, pageId, sourceBalance } = page;
  const { sourceId, listingId, takesOver, to }: WindowRow = window;
  return {
    ...{ instanceId, sourceId, syncId, pageId, sourceBalance },
    listing: listingId ?? takesOver ?? syncId,
    takesOver: to !== null || takesOver !== undefined,
  };
}

/** Of the charges that these rows say have failed nothing will be booked any more. */
async function endWaiting(
  tx: Queries,
  instanceId: string,
  rows: readonly SettledRow[],
): Promise<void> {
  const failed = rows.flatMap(({ bt: { source } }) =>
    source.object === 'charge' && source.status === 'failed' ? [source.id] : [],
  );
  if (failed.length === 0) return;
  await tx.query(
    `update balance_transactions set awaits = null
     where instance_id = $1 and charge_id = any($2) and awaits = 'booking'`,
    [instanceId, failed],
  );
}

export interface FollowUps {
  /** Rows that legs follow, or that none will: what they await from now on. */
  readonly rows: readonly { readonly btId: string; readonly awaits: Awaits | null }[];
  /** Disputes that legs follow. */
  readonly disputes: readonly LostDispute[];
  readonly legs: readonly Leg[];
}

/** Stages legs that follow, on a page of our own. @returns how many it owns */
export async function stageFollowUps(
  db: Db,
  page: Omit<SettledPage, 'cut' | 'answer'>,
  { rows, disputes, legs }: FollowUps,
): Promise<number> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    const own = { ...page, answer: null };
    await isFirst(tx, own);
    await tx.query(
      `update balance_transactions b set awaits = r.awaits
       from unnest($2::text[], $3::text[]) r(id, awaits)
       where b.instance_id = $1 and b.bt_id = r.id`,
      [page.instanceId, rows.map(({ btId }) => btId), rows.map(({ awaits }) => awaits)],
    );
    await endDue(tx, page.instanceId, disputes);
    await stageLegs(tx, { ...claimOf(own), takesOver: false }, legs);
    return recordPage(tx, own);
  });
}
