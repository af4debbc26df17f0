/** What we have in the ledger that moves the source balance, and which references are ours. */
import type { OwnPosting } from '../domain/proof-search';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

export interface KeptPosting extends OwnPosting {
  /** Of its movement. */
  readonly id: string;
  /** When the ledger took it, as the database writes it. */
  readonly taken: string;
}

/** Between which balances something was posted. */
export interface Ends {
  /** The balances of a leg; null: a pay-in. */
  readonly from: string | null;
  readonly to: string | null;
  /** Of a pay-in; null: a guest. */
  readonly payer: string | null;
}

/** What a sync has posted that was booked before: the ledger had lost it. */
export async function postedAgain(db: Queries, syncId: string): Promise<Ends[]> {
  return db.query(
    `select distinct m.from_balance as from, m.to_balance as to, m.payer
     from sync_pages g join movements m using (page_id)
     where g.sync_id = $1 and m.state = 'posted' and m.first_booked_at is not null`,
    [syncId],
  );
}

const TAKEN = 'coalesce(booked_at, posted_at, updated_at)';

/** Parameters: $1 the instance, $2 the source. */
const OWN = `instance_id = $1 and source_id = $2 and state in ${IN_LEDGER_STATES} and reference is not null
  and (leg is null or moves <> 0)`;

const COLUMNS = `movement_id as id, reference, upper(coalesce(currency, '')) as currency,
  coalesce(case when leg is null then amount else moves end, 0)::text as amount, ${TAKEN}::text as taken`;

interface OfInstance {
  readonly instanceId: string;
  readonly sourceId: string;
}

/** A part of all of them, by their ids. */
export function ownPostings(
  db: Queries,
  of: OfInstance,
  after: KeptPosting | null,
  limit: number,
): Promise<KeptPosting[]> {
  const id = after?.id ?? '';
  return select(db, of, `movement_id > $3 order by movement_id limit $4`, [id, limit]);
}

/**
 * A part of what the ledger took from a time on, the newest first: by their index, however many there are before.
 * @param since Unix seconds
 */
export function newOwnPostings(
  db: Queries,
  of: OfInstance,
  since: number,
  after: KeptPosting | null,
  limit: number,
): Promise<KeptPosting[]> {
  // The planner knows nothing of an expression's values, and goes by the order that is asked for.
  const order = `order by ${TAKEN} desc, movement_id desc limit $4`;
  if (after === null)
    return select(db, of, `${TAKEN} >= to_timestamp($3) ${order}`, [since, limit]);
  return select(
    db,
    of,
    `${TAKEN} >= to_timestamp($3) and (${TAKEN}, movement_id) < ($5::timestamptz, $6) ${order}`,
    [since, limit, after.taken, after.id],
  );
}

async function select(
  db: Queries,
  { instanceId, sourceId }: OfInstance,
  rest: string,
  parameters: readonly unknown[],
): Promise<KeptPosting[]> {
  const rows = await db.query<Omit<KeptPosting, 'amount'> & { amount: string }>(
    `select ${COLUMNS} from movements where ${OWN} and ${rest}`,
    [instanceId, sourceId, ...parameters],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}

/** Those of these movements that are in the ledger by our rows, whatever source they are of. */
export async function inLedgerOf(
  db: Queries,
  instanceId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }>(
    `select movement_id as id from movements
     where instance_id = $1 and movement_id = any($2) and state in ${IN_LEDGER_STATES}`,
    [instanceId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
