/**
 * Whether the movements of a source are carried over, since when, and what it began with: the rows of `openings`,
 * which are frozen with the first of them.
 */
import type { Opening } from '../domain/opening';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

/** What is kept of an opening; what it absorbed is among the acceptances where it is to be named. */
export type KeptOpening = Pick<
  Opening,
  'currency' | 'held' | 'earlier' | 'amount' | 'unexplained' | 'absorbed'
>;

export interface Enabled {
  /** Unix seconds; null: since the account began. */
  readonly cutOver: number | null;
  readonly since: Date;
  /** When what it began with was frozen. */
  readonly openedAt: Date;
  /** By the ledger's clock: what it took from then on, the opening does not count. */
  readonly countedTo: Date;
}

export interface Enabling {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly cutOver: number | null;
  /** Who has confirmed it; null: nobody had to. */
  readonly by: string | null;
  /** When the ledger took an opening balance that was found there. */
  readonly countedTo?: Date | null;
}

/**
 * Just behind the newest posting that an opening can count. Our clock would not do: what the ledger has taken already
 * would come after it where its clock is ahead, and what it takes later before it where it is behind. Whole
 * milliseconds, which a Date can hold.
 */
const BEHIND_NEWEST = `(select coalesce(date_trunc('milliseconds',
    max(coalesce(m.booked_at, m.posted_at, m.updated_at))) + interval '1 millisecond', to_timestamp(0))
  from sources o join movements m using (source_id)
  where o.instance_id = sources.instance_id and o.ledger_address = sources.ledger_address
    and m.state in ${IN_LEDGER_STATES})`;

/**
 * Freezes the cut-over with what was held then. Once enabled, a source keeps both: enabled again, after it was
 * disabled too, it goes on with what it began with.
 * @returns whether this is what it began with
 */
export async function enableMovements(
  tx: Queries,
  { instanceId, sourceId, cutOver, by, countedTo = null }: Enabling,
  openings: readonly KeptOpening[],
): Promise<boolean> {
  const [source] = await tx.query<{ wasEnabled: boolean }>(
    `select movements_opened_at is not null as "wasEnabled" from sources
     where source_id = $1 and instance_id = $2 for update`,
    [sourceId, instanceId],
  );
  if (!source) throw new Error(`source ${sourceId} does not exist`);
  const isFirst = !source.wasEnabled;
  await tx.query(
    `update sources set movements_since = coalesce(movements_since, now()),
       movements_opened_at = coalesce(movements_opened_at, now()),
       movements_counted_to = coalesce(movements_counted_to, $4::timestamptz, ${BEHIND_NEWEST}),
       movements_from_s = case when $3 then $2::bigint else movements_from_s end
     where source_id = $1`,
    [sourceId, cutOver, isFirst, countedTo],
  );
  if (isFirst) await insertOpenings(tx, { instanceId, sourceId, by }, openings);
  return isFirst;
}

async function insertOpenings(
  tx: Queries,
  { instanceId, sourceId, by }: Omit<Enabling, 'cutOver'>,
  openings: readonly KeptOpening[],
): Promise<void> {
  for (const { currency, held, earlier, amount, unexplained, absorbed } of openings) {
    await tx.query(
      `insert into openings (instance_id, source_id, currency, held, earlier, amount, unexplained,
         absorbed_debits, absorbed_credits, confirmed_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[instanceId, sourceId, currency],
        ...[held, earlier, amount, unexplained, absorbed.debits, absorbed.credits].map(String),
        by,
      ],
    );
  }
}

/** What was booked stays as it is. */
export async function disableMovements(tx: Queries, sourceId: string): Promise<void> {
  await tx.query('update sources set movements_since = null where source_id = $1', [sourceId]);
}

/** undefined: movements are not carried over. */
export async function findEnabled(db: Queries, sourceId: string): Promise<Enabled | undefined> {
  const [row] = await db.query<Enabled>(
    `select movements_from_s as "cutOver", movements_since as since, movements_opened_at as "openedAt",
       movements_counted_to as "countedTo" from sources
     where source_id = $1 and movements_since is not null`,
    [sourceId],
  );
  return row;
}

export interface Opened {
  /** Unix seconds; null: since the account began. */
  readonly cutOver: number | null;
  readonly openedAt: Date;
  /** null: disabled since. */
  readonly since: Date | null;
}

/** What was frozen once, whether movements are carried over now or not. undefined: they never were. */
export async function findOpened(db: Queries, sourceId: string): Promise<Opened | undefined> {
  const [row] = await db.query<Opened>(
    `select movements_from_s as "cutOver", movements_opened_at as "openedAt", movements_since as since
     from sources where source_id = $1 and movements_opened_at is not null`,
    [sourceId],
  );
  return row;
}

/** What each currency began with; one without a row began with nothing. */
export async function readOpenings(db: Queries, sourceId: string): Promise<KeptOpening[]> {
  interface Row {
    readonly currency: string;
    readonly held: string;
    readonly earlier: string;
    readonly amount: string;
    readonly unexplained: string;
    readonly debits: string;
    readonly credits: string;
  }
  const rows = await db.query<Row>(
    `select currency, held::text as held, earlier::text as earlier, amount::text as amount,
       unexplained::text as unexplained, absorbed_debits::text as debits, absorbed_credits::text as credits
     from openings where source_id = $1 order by currency`,
    [sourceId],
  );
  return rows.map((row) => ({
    currency: row.currency,
    held: BigInt(row.held),
    earlier: BigInt(row.earlier),
    amount: BigInt(row.amount),
    unexplained: BigInt(row.unexplained),
    absorbed: { debits: BigInt(row.debits), credits: BigInt(row.credits) },
  }));
}
