/** What a sync reads of Stripe's balance, where its movements are carried over. */
import { listingIdOf } from '../../domain/ids';
import {
  planFollowUps,
  planLatestRows,
  planRows,
  type ListingStart,
  type WindowPlan,
} from '../../domain/window';
import type { Queries } from '../../store/db';
import { hasFollowUps } from '../../store/follow-ups';
import {
  readRowReading,
  readRowsAnew,
  settleRowListing,
  startRowListing,
  type RowReading,
} from '../../store/row-reading';
import { assertOpen } from '../../store/syncs';
import { countWindows } from '../../store/windows';
import type { Connection, EngineDeps } from '../deps';
import { areRightsBack } from './rights-back';

interface RowsOfSync {
  readonly syncId: string;
  readonly sourceId: string;
  /** It goes on with what it has planned. */
  readonly isPlanned: boolean;
}

/**
 * How far rows were read; from the beginning, if a key may read by now what it could not.
 * @returns undefined: its movements are not carried over
 */
export async function readingOfRows(
  { db, log }: EngineDeps,
  { syncId, sourceId, isPlanned }: RowsOfSync,
  { stripe }: Connection,
  signal: AbortSignal,
): Promise<RowReading | undefined> {
  const rows = await readRowReading(db, sourceId);
  if (!rows || isPlanned || rows.isAnew || rows.missing.length === 0) return rows;
  if (!(await areRightsBack(stripe, rows.missing, signal))) return rows;
  log.info({ syncId, rights: rows.missing }, 'rows.rights_back');
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    await readRowsAnew(tx, sourceId);
  });
  return readRowReading(db, sourceId);
}

export type Insert = (plans: readonly WindowPlan[], listingId: string | null) => Promise<void>;

export interface PlannedMovements {
  readonly syncId: string;
  readonly sourceId: string;
  /** When all rows may have to be read. */
  readonly start: ListingStart | null;
  readonly movements: RowReading;
}

/** @returns the reading of all rows that is under way; null: none is */
export async function planMovements(
  tx: Queries,
  { syncId, sourceId, start, movements }: PlannedMovements,
  insert: Insert,
): Promise<string | null> {
  const { watermark, listingId, cutOver } = await settleRowListing(tx, sourceId, movements);
  // What else is to follow is known when the rest is done: the proof asks for it then.
  const mayFollow = watermark === null || (await hasFollowUps(tx, sourceId));
  if (mayFollow && !(await hasPlannedFollowUps(tx, syncId))) await insert([planFollowUps()], null);
  if (watermark !== null) {
    const isFirst = (await countWindows(tx, syncId, 'balance_transactions')) === 0;
    if (isFirst) await insert([planLatestRows(watermark, cutOver)], null);
    return null;
  }
  if (listingId !== null) return listingId;
  // Given up just now, without the time that another one begins with: the next sync plans it.
  if (start === null) return null;
  const { now, startedAt } = start;
  // Told apart from one of this sync that was given up in the same second.
  const round = await countWindows(tx, syncId);
  const begun = listingIdOf(sourceId, startedAt, `${syncId}:rows:${round}`);
  await startRowListing(tx, sourceId, { listingId: begun, startedAt });
  await insert(planRows(now, cutOver), begun);
  return begun;
}

/** One look in a sync: it goes on until nothing is due. */
export async function hasPlannedFollowUps(db: Queries, syncId: string): Promise<boolean> {
  return (await countWindows(db, syncId, 'follow_ups')) > 0;
}

export function needsRowListing(movements: RowReading | undefined): boolean {
  return movements?.watermark === null && movements.listingId === null;
}
