/**
 * Whether the movements of a source are carried over, since when, and what it began with: the rows of `openings`,
 * which are frozen with the first of them.
 */
import type { Opening } from '../domain/opening/opening';
import type { OpeningWait } from '../domain/opening/opening-wait';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

/** What is kept of an opening; what it absorbed is among the acceptances where it is to be named. */
export type KeptOpening = Pick<
  Opening,
  'currency' | 'held' | 'earlier' | 'amount' | 'unexplained' | 'absorbed'
>;

export interface FrozenOpening extends KeptOpening {
  /** By the clock of our database. */
  readonly confirmedAt: Date;
}

export interface Enabled {
  /** Unix seconds; null: since the account began. */
  readonly cutOver: number | null;
  readonly since: Date;
  /** When what it began with was frozen. */
  readonly openedAt: Date;
  /** By the ledger's clock: what it took from then on, the opening does not count. */
  readonly countedTo: Date;
  /** Why the opening balance is not frozen yet; null: it is. */
  readonly awaits: OpeningWait | null;
}

export interface Enabling {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly cutOver: number | null;
  /** Who has confirmed it; null: nobody had to. */
  readonly by: string | null;
  /** Of an opening balance that was found in the ledger: which pay-ins it counts. Default: all that are there by now. */
  readonly countedTo?: Date | null;
  readonly openedAt?: Date | null;
  /** Nobody knows yet what was held then: the next runs tell. Default: it is known. */
  readonly awaits?: OpeningWait | null;
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
 * disabled too, it goes on with what it began with. What was held is frozen later where it was not known then.
 * @returns whether this is what it began with
 */
export async function enableMovements(
  tx: Queries,
  { instanceId, sourceId, cutOver, by, countedTo = null, openedAt = null, awaits = null }: Enabling,
  openings: readonly KeptOpening[],
): Promise<boolean> {
  const [source] = await tx.query<{ wasOpened: boolean }>(
    `select movements_opened_at is not null and opening_awaits is null as "wasOpened" from sources
     where source_id = $1 and instance_id = $2 for update`,
    [sourceId, instanceId],
  );
  if (!source) throw new Error(`source ${sourceId} does not exist`);
  const isFirst = !source.wasOpened;
  await tx.query(
    `update sources set movements_since = coalesce(movements_since, now()),
       movements_opened_at = coalesce(movements_opened_at, $6::timestamptz, now()),
       movements_counted_to = coalesce(movements_counted_to, $4::timestamptz, ${BEHIND_NEWEST}),
       movements_from_s = case when $3 then $2::bigint else movements_from_s end,
       opening_awaits = case when $3 then $5 else opening_awaits end
     where source_id = $1`,
    [sourceId, cutOver, isFirst, countedTo, awaits, openedAt],
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

/** Why it is not frozen yet, as far as this run can tell. */
export async function noteWait(tx: Queries, sourceId: string, wait: OpeningWait): Promise<void> {
  await tx.query(
    `update sources set opening_awaits = $2
     where source_id = $1 and opening_awaits is not null and opening_awaits <> $2`,
    [sourceId, wait],
  );
}

/** @param lacking rights by Stripe's names, or a code: for want of which a new instance has pay-ins alone */
export async function noteDeclined(
  tx: Queries,
  sourceId: string,
  lacking: readonly string[],
): Promise<void> {
  await tx.query('update sources set movements_declined = $2 where source_id = $1', [
    sourceId,
    lacking,
  ]);
}

/** null: it was not new, or nothing was lacking, or it has been enabled since. */
export async function readDeclined(db: Queries, sourceId: string): Promise<string[] | null> {
  const [row] = await db.query<{ lacking: string[] | null }>(
    `select movements_declined as lacking from sources
     where source_id = $1 and movements_opened_at is null`,
    [sourceId],
  );
  return row?.lacking ?? null;
}

/** What was booked stays as it is. */
export async function disableMovements(tx: Queries, sourceId: string): Promise<void> {
  await tx.query('update sources set movements_since = null where source_id = $1', [sourceId]);
}

/** undefined: movements are not carried over. */
export async function findEnabled(db: Queries, sourceId: string): Promise<Enabled | undefined> {
  const [row] = await db.query<Enabled>(
    `select movements_from_s as "cutOver", movements_since as since, movements_opened_at as "openedAt",
       movements_counted_to as "countedTo", opening_awaits as awaits from sources
     where source_id = $1 and movements_since is not null`,
    [sourceId],
  );
  return row;
}

export interface Opened {
  /** Unix seconds; null: since the account began. */
  readonly cutOver: number | null;
  readonly openedAt: Date;
  readonly countedTo: Date;
  /** null: disabled since. */
  readonly since: Date | null;
  /** Why the opening balance is not frozen yet; null: it is. */
  readonly awaits: OpeningWait | null;
}

/** What was frozen once, whether movements are carried over now or not. undefined: they never were. */
export async function findOpened(db: Queries, sourceId: string): Promise<Opened | undefined> {
  const [row] = await db.query<Opened>(
    `select movements_from_s as "cutOver", movements_opened_at as "openedAt", movements_since as since,
       movements_counted_to as "countedTo", opening_awaits as awaits
     from sources where source_id = $1 and movements_opened_at is not null`,
    [sourceId],
  );
  return row;
}

/** What each currency began with; one without a row began with nothing. */
export async function readOpenings(db: Queries, sourceId: string): Promise<FrozenOpening[]> {
  interface Row extends Pick<FrozenOpening, 'confirmedAt'> {
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
       unexplained::text as unexplained, absorbed_debits::text as debits, absorbed_credits::text as credits,
       confirmed_at as "confirmedAt"
     from openings where source_id = $1 order by currency`,
    [sourceId],
  );
  return rows.map((row) => ({
    ...{ currency: row.currency, confirmedAt: row.confirmedAt },
    held: BigInt(row.held),
    earlier: BigInt(row.earlier),
    amount: BigInt(row.amount),
    unexplained: BigInt(row.unexplained),
    absorbed: { debits: BigInt(row.debits), credits: BigInt(row.credits) },
  }));
}
