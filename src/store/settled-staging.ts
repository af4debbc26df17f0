/**
 * The staging of balance transactions with their legs, and of legs that follow. Every row of Stripe's is kept; its
 * legs belong to pages as pay-ins do (docs/store.md).
 */
import type { ChargeSource } from '../domain/movements/balance-transaction';
import type { Awaits } from '../domain/movements/follow-ups';
import type { Leg } from '../domain/movements/leg';
import { idsBegunWith, keepRows, type NewRow } from './balance-transactions';
import type { Db, Queries } from './db';
import { endDue, noteDisputesOf, type LostDispute } from './disputes';
import { hasFollowUps } from './follow-ups';
import { stageLegs, type Claim } from './legs';
import { listedNow } from './not-yet';
import { recordPage, type NewPage } from './pages';
import { isFirst } from './staging';
import { addNote, assertOpen, assertOpenAlone } from './syncs';
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

/** Which rows were kept of charges and disputes when legs were made by them. */
export interface KeptBeside {
  /** `ch_…`, `py_…`, `du_…` */
  readonly begun: readonly string[];
  readonly rows: readonly string[];
}

/**
 * Keeps a page's rows and stages their legs, and returns how many legs the page owns, and the windows that it has
 * cut off.
 * @param rows as Stripe lists them, newest first
 * @param beside what their legs were made by
 * @returns undefined: another window has listed more of that meanwhile, and nothing is staged
 */
export async function stageSettled(
  db: Db,
  page: SettledPage,
  rows: readonly SettledRow[],
  beside: KeptBeside = { begun: [], rows: [] },
): Promise<{ count: number; windows: string[] } | undefined> {
  return db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    if (!(await isStillAll(tx, page, beside))) return undefined;
    const first = await isFirst(tx, page);
    const { windowId, sourceId } = page.window;
    const lowest = await takePlaces(tx, windowId, page.answer?.answeredAt ?? 0, rows.length);
    await keepRows(tx, { instanceId: page.instanceId, sourceId, windowId }, rows, lowest);
    await endWaiting(tx, page.instanceId, rows);
    await noteDisputesOf(tx, { instanceId: page.instanceId, sourceId }, rows);
    await listedNow(tx, page.instanceId, rows);
    const legs = rows.flatMap((row) => row.legs);
    await stageLegs(tx, claimOf(page), legs);
    const windows = await cutWindow(tx, page.window, page, first ? page.cut : undefined);
    return { count: await recordPage(tx, page), windows };
  });
}

/** Of two windows that list what belongs together at the same time, the second one waits here and sees the first. */
async function isStillAll(
  tx: Queries,
  { instanceId, window: { sourceId } }: SettledPage,
  { begun, rows }: KeptBeside,
): Promise<boolean> {
  if (begun.length === 0) return true;
  await tx.query('select 1 from sources where source_id = $1 for no key update', [sourceId]);
  const now = await idsBegunWith(tx, instanceId, begun);
  return now.length === rows.length && now.every((id, index) => id === rows[index]);
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

/** A row that legs follow, or that none will. */
export interface FollowedRow {
  readonly btId: string;
  /** From now on. */
  readonly awaits: Awaits | null;
  /** Stripe was asked for its charge, which is this by now; null: it did not tell. */
  readonly charge?: ChargeSource | null;
}

export interface FollowUps {
  readonly rows: readonly FollowedRow[];
  /** Disputes that legs follow, or that none will. */
  readonly disputes: readonly LostDispute[];
  readonly legs: readonly Leg[];
}

export interface FollowUpPage {
  /** Legs that it owns. */
  readonly count: number;
  /** null: nothing is left that is due. */
  readonly nextCursor: string | null;
}

/**
 * Stages legs that follow, on a page of our own. A repeat of the page finds what it did the first time.
 * @param gaveUp the note of a sync that could not learn all that is due: the rest is left to the next one
 */
export async function stageFollowUps(
  db: Db,
  page: Omit<SettledPage, 'cut' | 'answer' | 'nextCursor'>,
  { rows, disputes, legs }: FollowUps,
  gaveUp?: string,
): Promise<FollowUpPage> {
  return db.transaction(async (tx) => {
    await (gaveUp === undefined ? assertOpen : assertOpenAlone)(tx, page.syncId);
    const own = { ...page, nextCursor: null, answer: null };
    if (!(await isFirst(tx, own))) return stagedBefore(tx, page.pageId);
    await noteFollowed(tx, page.instanceId, rows);
    await endDue(tx, page.instanceId, disputes);
    await stageLegs(tx, { ...claimOf(own), takesOver: false }, legs);
    if (gaveUp !== undefined) await addNote(tx, page.syncId, gaveUp);
    const more = gaveUp === undefined && (await hasFollowUps(tx, page.window.sourceId));
    const nextCursor = more ? String(Number(page.cursor ?? '1') + 1) : null;
    return { count: await recordPage(tx, { ...own, nextCursor }), nextCursor };
  });
}

/**
 * What Stripe has told of rows that wait, as soon as it is known: where what is asked after it fails, a repeat of the
 * page asks for the rest alone. They wait on until the page is staged.
 */
export async function noteAnswers(
  db: Db,
  { syncId, instanceId }: Pick<SettledPage, 'syncId' | 'instanceId'>,
  rows: readonly Required<Pick<FollowedRow, 'btId' | 'charge'>>[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    const waiting = rows.map((row) => ({ ...row, awaits: 'booking' }) as const);
    await noteFollowed(tx, instanceId, waiting);
  });
}

async function noteFollowed(
  tx: Queries,
  instanceId: string,
  rows: readonly FollowedRow[],
): Promise<void> {
  await tx.query(
    `update balance_transactions b set awaits = r.awaits,
       asked_at = case when r.asked then now() else b.asked_at end,
       source_status = coalesce(r.status, b.source_status), foreign_amount = coalesce(r.captured, b.foreign_amount)
     from unnest($2::text[], $3::text[], $4::boolean[], $5::text[], $6::numeric[])
       r(id, awaits, asked, status, captured)
     where b.instance_id = $1 and b.bt_id = r.id`,
    [
      instanceId,
      rows.map(({ btId }) => btId),
      rows.map(({ awaits }) => awaits),
      rows.map(({ charge }) => charge !== undefined),
      rows.map(({ charge }) => charge?.status ?? null),
      rows.map(({ charge }) => charge?.amountCaptured?.toString() ?? null),
    ],
  );
}

/** undefined: the page was not staged yet. */
export async function findFollowUps(
  db: Queries,
  pageId: string,
): Promise<FollowUpPage | undefined> {
  const [page] = await db.query<FollowUpPage>(
    `select next_cursor as "nextCursor",
       (select count(*) from movements where movements.page_id = sync_pages.page_id) as count
     from sync_pages where page_id = $1`,
    [pageId],
  );
  return page;
}

async function stagedBefore(tx: Queries, pageId: string): Promise<FollowUpPage> {
  const page = await findFollowUps(tx, pageId);
  if (!page) throw new Error(`page ${pageId} is recorded and cannot be found`);
  return page;
}
