/** How far a sync's search for what its proof is broken by has come, between two of its steps: `stripe_syncs.walk`. */
import type { EarlierWalk } from '../domain/proof/proof-walk';
import type { Db, Queries } from './db';
import { asJson, fromJson } from './numbers';
import { assertOpenAlone } from './syncs';

/** What a step has left to others, who read windows or post what was staged. */
export type Awaited =
  | {
      readonly kind: 'rows';
      /** Of the windows in which rows are read again. */
      readonly position: number;
      /** Unix seconds; null: without a bound. */
      readonly from: number | null;
      /** Stripe's time up to which rows had been read before; null: not known. Absent: an earlier version planned it. */
      readonly listedTo?: number | null;
    }
  /** Rows whose movements are made again, by the ids of rows. */
  | { readonly kind: 'movements'; readonly rows: readonly string[] }
  /** Postings that the ledger had lost, as their items name them. */
  | { readonly kind: 'postings'; readonly references: readonly string[] };

export interface KeptWalk extends Omit<EarlierWalk, 'gaps'> {
  readonly awaited: Awaited;
  /** The ledger's own rows are added up. */
  readonly isCounted: boolean;
  /** What came of asking for our postings between two other balances. Absent: they were not asked for. */
  readonly beside?: 'asked' | 'cut_off';
  /** Stripe's balance was read a second time. Absent: it was not. */
  readonly looked?: true;
}

export async function readWalk(db: Queries, syncId: string): Promise<KeptWalk | null> {
  const [row] = await db.query<{ walk: string | null }>(
    'select walk::text as walk from stripe_syncs where sync_id = $1',
    [syncId],
  );
  return row?.walk ? (fromJson(row.walk) as KeptWalk) : null;
}

/** @param plan plans what it waits for, in the same transaction */
export async function saveWalk(
  db: Db,
  syncId: string,
  walk: Omit<KeptWalk, 'awaited'>,
  plan: (tx: Queries) => Promise<Awaited>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await assertOpenAlone(tx, syncId);
    const kept: KeptWalk = { ...walk, awaited: await plan(tx) };
    await tx.query('update stripe_syncs set walk = $2::jsonb where sync_id = $1', [
      syncId,
      asJson(kept),
    ]);
  });
}
