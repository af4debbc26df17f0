/** How far the rows of Stripe's balance were read, of a source whose movements are carried over. */
import { ROW_FEEDS, type Feed } from '../domain/feeds';
import { noteOfUnread, unreadOfNotes, type UnreadRows } from '../domain/proof/unread-rows';
import { watermarkAfter, watermarkAfterTail } from '../domain/window';
import type { Queries } from './db';
import { addNote, type SyncRow } from './syncs';
import type { DoneTail } from './windows';

export interface RowReading {
  /** Unix seconds; null: since the account began. */
  readonly cutOver: number | null;
  /** When the opening balance was frozen. */
  readonly openedAt: Date;
  /** By the ledger's clock: what it took from then on, the opening balance does not count. */
  readonly countedTo: Date;
  /** null: no reading of all rows has come to its end. */
  readonly watermark: number | null;
  /** Of the reading of all rows that is under way; null: none is. */
  readonly listingId: string | null;
  readonly listingStartedAt: number | null;
  /** Rights, by Stripe's names, for want of which some rows came without what they are of. */
  readonly missing: readonly string[];
  /** All rows were read anew because a right was back, less than a day ago. */
  readonly isAnew: boolean;
}

const ROWS: Feed = 'balance_transactions';

/** undefined: its movements are not carried over. */
export async function readRowReading(
  db: Queries,
  sourceId: string,
): Promise<RowReading | undefined> {
  const [row] = await db.query<RowReading>(
    `select movements_from_s as "cutOver", movements_opened_at as "openedAt",
       movements_counted_to as "countedTo",
       (select at_s from watermarks w where w.source_id = sources.source_id and w.feed = $2) as watermark,
       rows_listing_id as "listingId", rows_listing_at as "listingStartedAt",
       rows_missing as missing, coalesce(rows_anew_at > now() - interval '1 day', false) as "isAnew"
     from sources where source_id = $1 and movements_since is not null`,
    [sourceId, ROWS],
  );
  return row;
}

/** Its windows outlive the sync that plans them. */
export async function startRowListing(
  tx: Queries,
  sourceId: string,
  { listingId, startedAt }: { readonly listingId: string; readonly startedAt: number },
): Promise<void> {
  await tx.query(
    'update sources set rows_listing_id = $2, rows_listing_at = $3 where source_id = $1',
    [sourceId, listingId, startedAt],
  );
}

/**
 * A listing whose windows are all done gives the watermark from which the latest rows are read. One of which nothing
 * is left to be read, and some was not, is given up: the next sync plans it anew.
 */
export async function settleRowListing(
  tx: Queries,
  sourceId: string,
  reading: RowReading,
): Promise<RowReading> {
  const { listingId, listingStartedAt } = reading;
  if (listingId === null || listingStartedAt === null) return reading;
  const [left] = await tx.query<{ state: 'open' | 'void' }>(
    `select state from sync_windows where listing_id = $1 and state <> 'done' order by state limit 1`,
    [listingId],
  );
  if (left?.state === 'open') return reading;
  await endListing(tx, sourceId);
  const ended = { ...reading, listingId: null, listingStartedAt: null };
  if (left) return ended;
  const watermark = watermarkAfter(listingStartedAt);
  await tx.query(
    `insert into watermarks (source_id, feed, at_s) values ($1, $2, $3)
     on conflict (source_id, feed) do update set at_s = excluded.at_s`,
    [sourceId, ROWS, watermark],
  );
  return { ...ended, watermark };
}

/** Forward only, as that of pay-ins. */
export async function moveRowWatermark(tx: Queries, tail: DoneTail): Promise<void> {
  await tx.query(
    `update watermarks set at_s = greatest(at_s, $3) where source_id = $1 and feed = $2`,
    [tail.sourceId, ROWS, watermarkAfterTail(tail)],
  );
}

/** The next sync reads all rows again, and the ledger decides about each leg. What was planned before is void. */
export async function distrustRows(tx: Queries, sourceId: string): Promise<void> {
  await endListing(tx, sourceId);
  await tx.query(`update sources set rows_missing = '{}' where source_id = $1`, [sourceId]);
  await tx.query('delete from watermarks where source_id = $1 and feed = $2', [sourceId, ROWS]);
  await tx.query(
    `update sync_windows set state = 'void' where source_id = $1 and state = 'open' and feed = any($2)`,
    [sourceId, ROW_FEEDS],
  );
}

/**
 * A sync reads no more rows: what is its own is void, and its watermark stays. Of a reading of all rows the next sync
 * goes on where it was.
 * @param why noted with the sync, whose row is locked; null: they are not to be read any more
 */
export async function giveRowsUp(
  tx: Queries,
  sourceId: string,
  syncId: string,
  why: UnreadRows | null,
): Promise<void> {
  await tx.query(
    `update sync_windows set given_up_by = $2, state = case when listing_id is null then 'void' else state end
     where source_id = $1 and state = 'open' and feed = any($3)`,
    [sourceId, syncId, ROW_FEEDS],
  );
  if (why) await addNote(tx, syncId, noteOfUnread(why));
}

/** Why a sync has given them up: then nobody knows what Stripe lists by now. null: it has not. */
export async function unreadRows(
  db: Queries,
  { syncId, notes }: Pick<SyncRow, 'syncId' | 'notes'>,
): Promise<UnreadRows | null> {
  const found = await db.query('select 1 from sync_windows where given_up_by = $1 limit 1', [
    syncId,
  ]);
  return found.length > 0 ? (unreadOfNotes(notes) ?? NOT_KNOWN) : null;
}

/** An earlier version has noted nothing. */
const NOT_KNOWN: UnreadRows = { code: null, right: null };

/** A right whose own list answers may be refused with a row all the same: it is believed to be back once a day. */
export async function readRowsAnew(tx: Queries, sourceId: string): Promise<void> {
  await distrustRows(tx, sourceId);
  await tx.query('update sources set rows_anew_at = now() where source_id = $1', [sourceId]);
}

/** Until they are granted, and all rows are read again. */
export async function noteMissing(
  tx: Queries,
  sourceId: string,
  rights: readonly string[],
): Promise<void> {
  await tx.query(
    `update sources set rows_missing = array(select distinct unnest(rows_missing || $2::text[]) order by 1)
     where source_id = $1 and not rows_missing @> $2::text[]`,
    [sourceId, rights],
  );
}

async function endListing(tx: Queries, sourceId: string): Promise<void> {
  await tx.query(
    'update sources set rows_listing_id = null, rows_listing_at = null where source_id = $1',
    [sourceId],
  );
}
