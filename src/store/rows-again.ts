/** What reading Stripe's rows again has shown: rows that were missing here, that it lists no more, or otherwise. */
import type { ListedRow } from '../domain/proof/proof-search';
import type { Feed } from '../domain/feeds';
import type { WindowPlan } from '../domain/window';
import type { Queries } from './db';
import { countWindows, insertWindows, positionOf, ROUND } from './windows';

const FEED: Feed = 'balance_transactions';

/** A part of Stripe's list that is read again, Unix seconds. */
export interface Stretch {
  /** null: from the beginning. */
  readonly from: number | null;
  readonly to: number;
}

/** Plans windows in which rows are read again. @returns where their positions begin, which windows cut off them share */
export async function planRowsAgain(
  tx: Queries,
  sync: { readonly syncId: string; readonly sourceId: string },
  stretches: readonly Stretch[],
): Promise<number> {
  const round = await countWindows(tx, sync.syncId);
  const plans = stretches.map(({ from, to }): WindowPlan => ({
    feed: FEED,
    from,
    to,
    withCharge: false,
  }));
  await insertWindows(tx, { ...sync, listingId: null, round, plans });
  return positionOf(round, 0);
}

export interface ReadAgain {
  readonly is: 'open' | 'done' | 'void';
  /** Of those that were planned and those that were cut off them. */
  readonly windowIds: readonly string[];
}

export async function windowsAgain(
  db: Queries,
  syncId: string,
  position: number,
): Promise<ReadAgain> {
  const rows = await db.query<{ id: string; state: string }>(
    `select window_id as id, state from sync_windows where sync_id = $1 and feed = '${FEED}' and position >= $2 and position < $2 + ${ROUND}`,
    [syncId, position],
  );
  const has = (wanted: string) => rows.some(({ state }) => state === wanted);
  return {
    is: has('open') ? 'open' : rows.length === 0 || has('void') ? 'void' : 'done',
    windowIds: rows.map(({ id }) => id),
  };
}

/** Stripe's time up to which a sync has seen the newest rows; null: it has not read them. */
export async function listedTo(db: Queries, syncId: string): Promise<number | null> {
  const [row] = await db.query<{ at: number | null }>(
    `select max(least(first_answer_at, to_s)) as at from sync_windows
     where sync_id = $1 and feed = '${FEED}' and state = 'done'`,
    [syncId],
  );
  return row?.at ?? null;
}

/** What was read again. */
export interface Reread {
  readonly windowIds: readonly string[];
  /** Unix seconds; null: from the beginning. */
  readonly from: number | null;
  /** Unix seconds: what was there by then had been read before; null: not known. */
  readonly listedTo: number | null;
}

/** A row that is not as it was. */
export interface ChangedRow extends ListedRow {
  readonly is: 'found' | 'missing' | 'other';
  /** Of one that is other now: its net by what Stripe tells now. */
  readonly told: bigint;
}

/**
 * Those of the payments balance since the cut-over that these windows have listed first, or otherwise, or not at
 * all, from a time on. What has moved the balance after `listedTo` was not missing before. At most `limit`.
 */
export async function changedRows(
  db: Queries,
  sourceId: string,
  { windowIds, from, listedTo }: Reread,
  limit: number,
): Promise<ChangedRow[]> {
  interface Row extends Omit<ChangedRow, 'net' | 'told'> {
    readonly net: string;
    readonly told: string | null;
  }
  const rows = await db.query<Row>(
    `select bt_id as id, upper(currency) as currency, moved::text as net, told::text as told, created_s as created,
       case when first_in = any($2) then 'found' when seen_in = any($2) then 'other' else 'missing' end as is
     -- By currency, as its index has them by time.
     from (select distinct currency as own from stripe_totals where source_id = $1) c
     join balance_transactions b on b.source_id = $1 and b.currency = c.own
     where not is_before and coalesce(balance_type, 'payments') = 'payments'
       and created_s >= coalesce($3::bigint, created_s)
       and (first_in = any($2) or coalesce(seen_in, '') <> all($2) or told is not null)
       and (coalesce(first_in, '') <> all($2) or created_s <= coalesce($5::bigint, created_s))
     order by created_s, bt_id limit $4`,
    [sourceId, windowIds, from, limit, listedTo],
  );
  return rows.map((row) => ({ ...row, net: BigInt(row.net), told: BigInt(row.told ?? 0) }));
}
