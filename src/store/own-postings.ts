/** What we have in the ledger, on the source balance and beside it, and which references are ours. */
import type { OwnPosting } from '../domain/proof/proof-search';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

export interface KeptPosting extends OwnPosting {
  /** Of its movement. */
  readonly id: string;
  /** When the ledger took it, as the database writes it. */
  readonly taken: string;
}

/** Of `movements`: what moves nothing of the source balance, in a leg between two others. */
const BESIDE_AMOUNT = 'case when leg is not null and moves = 0 then amount end';

/** Between which balances something was posted again. */
export interface Ends {
  /** The balances of a leg; null: a pay-in. */
  readonly from: string | null;
  readonly to: string | null;
  /** Of a pay-in; null: a guest. */
  readonly payer: string | null;
  /** When it was last, as the database writes it. */
  readonly at: string;
}

/**
 * What was posted although it was booked before: the ledger had lost it. Since the end of the last sync whose proof
 * was sound with all of the ledger's own rows added up. Of a sync that ended before it had its answer, a later one
 * finds it there, taken later than it was at first.
 * @param from later than that; null: all of it
 * @returns the oldest first
 */
export async function postedAgain(
  db: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  from: string | null = null,
): Promise<Ends[]> {
  const ends = (
    condition: string,
    at: string,
  ) => `select from_balance, to_balance, payer, ${at} as at
    from movements where instance_id = $1 and source_id = $2 and ${condition} and ${at} > (select at from since)`;
  return db.query(
    `with since as (
       select greatest(max(s.completed_at), coalesce($3::timestamptz, '-infinity')) as at from proofs p join stripe_syncs s using (sync_id)
       where p.instance_id = $1 and p.source_id = $2 and p.is_counted and p.state in ('explained', 'proven'))
     select from_balance as from, to_balance as to, payer, max(at)::text as at from (
       ${ends(`state = 'posted' and first_booked_at is not null`, 'posted_at')}
       union all
       ${ends(`state = 'already_posted' and booked_at > first_booked_at`, 'updated_at')}) again
     group by 1, 2, 3 order by max(at)`,
    [instanceId, sourceId, from],
  );
}

interface Again {
  /** null: of those that are not named one by one. */
  readonly reference: string | null;
  readonly currency: string;
  /** As it moves what Stripe holds. */
  readonly amount: bigint;
  /** What one that is named moves between two other balances; null: it is no such posting. */
  readonly beside: bigint | null;
  readonly count: number;
}

/** The same one by one, by currency; of more than `limit` of one the rest is their sum. */
export async function namesPostedAgain(
  db: Queries,
  syncId: string,
  limit: number,
): Promise<Again[]> {
  const rows = await db.query<Stored<Again>>(
    `with again as (
       select case when row_number() over own <= $2 then m.reference end as reference,
         upper(coalesce(m.currency, '')) as currency,
         coalesce(case when m.leg is null then m.amount else m.moves end, 0) as amount, ${BESIDE_AMOUNT} as beside
       from sync_pages g join movements m using (page_id)
       where g.sync_id = $1 and m.state = 'posted' and m.first_booked_at is not null
       window own as (partition by upper(coalesce(m.currency, '')) order by m.movement_id))
     select reference, currency, sum(amount)::text as amount, count(*) as count,
       case when reference is not null then max(beside)::text end as beside
     from again group by 1, 2 order by currency, reference nulls last`,
    [syncId, limit],
  );
  return rows.map(toPosting);
}

type Stored<T> = Omit<T, 'amount' | 'beside'> & {
  readonly amount: string;
  readonly beside: string | null;
};

function toPosting<T extends { readonly amount: string; readonly beside: string | null }>(row: T) {
  const { amount, beside } = row;
  return { ...row, amount: BigInt(amount), beside: beside === null ? null : BigInt(beside) };
}

const TAKEN = 'coalesce(booked_at, posted_at, updated_at)';

/** Parameters: $1 the instance, $2 the source. */
const HELD = `instance_id = $1 and source_id = $2 and state in ${IN_LEDGER_STATES} and reference is not null`;
const OWN = `${HELD} and (leg is null or moves <> 0)`;
const BESIDE = `${HELD} and leg is not null and moves = 0`;

const BY_ID = 'movement_id > $3 order by movement_id limit $4';

const COLUMNS = `movement_id as id, reference, upper(coalesce(currency, '')) as currency,
  coalesce(case when leg is null then amount else moves end, 0)::text as amount, ${BESIDE_AMOUNT}::text as beside,
  ${TAKEN}::text as taken`;

interface OfInstance {
  readonly instanceId: string;
  readonly sourceId: string;
}

/** A part of all of them, by their ids. */
export function ownPostings(
  db: Queries,
  of: OfInstance,
  after: Pick<KeptPosting, 'id'> | null,
  limit: number,
): Promise<KeptPosting[]> {
  return select(db, of, `${OWN} and ${BY_ID}`, [after?.id ?? '', limit]);
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
    return select(db, of, `${OWN} and ${TAKEN} >= to_timestamp($3) ${order}`, [since, limit]);
  return select(
    db,
    of,
    `${OWN} and ${TAKEN} >= to_timestamp($3) and (${TAKEN}, movement_id) < ($5::timestamptz, $6) ${order}`,
    [since, limit, after.taken, after.id],
  );
}

/** A part of those between two other balances, of which the source balance tells nothing, by their ids. */
export function postingsBeside(
  db: Queries,
  of: OfInstance,
  after: KeptPosting | null,
  limit: number,
): Promise<KeptPosting[]> {
  return select(db, of, `${BESIDE} and ${BY_ID}`, [after?.id ?? '', limit]);
}

async function select(
  db: Queries,
  { instanceId, sourceId }: OfInstance,
  condition: string,
  parameters: readonly unknown[],
): Promise<KeptPosting[]> {
  const rows = await db.query<Stored<KeptPosting>>(
    `select ${COLUMNS} from movements where ${condition}`,
    [instanceId, sourceId, ...parameters],
  );
  return rows.map(toPosting);
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
