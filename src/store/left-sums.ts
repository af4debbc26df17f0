/**
 * What sources that an instance has left have booked to the ledger of the one that it has now, and so to the same source
 * balance. Nothing here writes.
 */
import {
  addTurnovers,
  NO_TURNOVER,
  subtractTurnover,
  type Turnover,
} from '../domain/proof/turnover';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

export interface LeftSource {
  readonly instanceId: string;
  readonly sourceId: string;
  /** The account, by Stripe's id as far as that is known. */
  readonly account: string;
  /** By the ledger's clock: what it took before, the opening balance of the current one counts; null: nothing of it. */
  readonly countedTo: Date | null;
}

/** @param sourceId of the current one */
export function sourcesLeft(db: Queries, sourceId: string): Promise<LeftSource[]> {
  return db.query<LeftSource>(
    `select instance_id as "instanceId", o.source_id as "sourceId", coalesce(o.stripe_account, o.source_id) as account,
       case when s.movements_from_s is not null then s.movements_counted_to end as "countedTo"
     from sources s join sources o using (instance_id, ledger_address)
     where s.source_id = $1 and o.source_id <> $1 order by account`,
    [sourceId],
  );
}

/** By currency, in upper case. */
type Turnovers = ReadonlyMap<string, Turnover>;

/** All that one has booked and that is in the ledger. */
export async function bookedBy(
  db: Queries,
  { instanceId, sourceId }: Pick<LeftSource, 'instanceId' | 'sourceId'>,
): Promise<Turnovers> {
  const rows = await db.query<StoredTurnover>(
    `select upper(currency) as currency, sum(debits)::text as debits, sum(credits)::text as credits from (
       select currency, debits, credits from ledger_totals where source_id = $2 and state in ${IN_LEDGER_STATES}
       union all
       select currency, amount, 0 from pay_in_totals
       where instance_id = $1 and source_id = $2 and state in ${IN_LEDGER_STATES}) p
     group by 1 order by 1`,
    [instanceId, sourceId],
  );
  return new Map(
    rows.map(({ currency, debits, credits }) => [
      currency,
      { debits: BigInt(debits), credits: BigInt(credits) },
    ]),
  );
}

/** When the ledger took a movement: what is there again since it had lost it was there at first. @param row its alias */
export const firstTaken = (row: string) =>
  `coalesce(${row}.first_booked_at, ${row}.booked_at, ${row}.posted_at, ${row}.updated_at)`;

/** Of one statement: the planner knows nothing of an expression's values, and goes by the order that is asked for. */
const PART = 1_000;

const TAKEN = 'coalesce(booked_at, posted_at, updated_at)';

/** Whether the ledger took anything of it before. What it had lost and has again is told by its own indexes. */
async function hasBookedBefore(db: Queries, sourceId: string, at: Date): Promise<boolean> {
  const again = (condition: string) => `(select min(first_booked_at) from movements
    where source_id = $1 and ${condition})`;
  const [row] = await db.query<{ isThere: boolean }>(
    `select coalesce(least(
       (select ${TAKEN} from movements where source_id = $1 and state in ${IN_LEDGER_STATES} order by ${TAKEN} limit 1),
       ${again(`first_booked_at is not null and state = 'posted'`)},
       ${again(`state = 'already_posted' and booked_at > first_booked_at`)}) < $2, false) as "isThere"`,
    [sourceId, at],
  );
  return row?.isThere ?? true;
}

/**
 * What of it the ledger took later. Where that is not all, it is added up, the newest first by their index, a part at a
 * time.
 */
export async function bookedSince(
  db: Queries,
  left: Pick<LeftSource, 'instanceId' | 'sourceId'>,
  from: Date,
): Promise<Turnovers> {
  const { sourceId } = left;
  if (!(await hasBookedBefore(db, sourceId, from))) return bookedBy(db, left);
  const sums = new Map<string, Turnover>();
  let after: Pick<Part, 'taken' | 'id'> | null = { taken: 'infinity', id: '' };
  while (after !== null) {
    const { taken, id }: Pick<Part, 'taken' | 'id'> = after;
    const rows: Part[] = await db.query<Part>(
      // A pay-in brings money: its amount is never negative.
      `with part as materialized (
         select upper(currency) as currency, ${TAKEN} as taken, movement_id as id, ${firstTaken('m')} >= $2 as is_later,
           case when leg is null then amount else greatest(moves, 0) end as debits, greatest(-moves, 0) as credits
         from movements m where source_id = $1 and state in ${IN_LEDGER_STATES} and ${TAKEN} >= $2
           and (${TAKEN}, movement_id) < ($3::timestamptz, $4)
         order by ${TAKEN} desc, movement_id desc limit ${PART}),
       last as (select taken::text as taken, id from part order by part.taken, id limit 1)
       select currency, coalesce(sum(debits) filter (where is_later), 0)::text as debits,
         coalesce(sum(credits) filter (where is_later), 0)::text as credits,
         (select count(*) from part) as count, (select taken from last) as taken, (select id from last) as id
       from part group by 1`,
      [sourceId, from, taken, id],
    );
    for (const row of rows) {
      const booked = { debits: BigInt(row.debits), credits: BigInt(row.credits) };
      sums.set(row.currency, addTurnovers([sums.get(row.currency) ?? NO_TURNOVER, booked]));
    }
    const [part] = rows;
    after = part?.count === PART ? part : null;
  }
  return sums;
}

interface StoredTurnover {
  readonly currency: string;
  readonly debits: string;
  readonly credits: string;
}

interface Part extends StoredTurnover {
  readonly count: number;
  /** Of the last of it. */
  readonly taken: string;
  readonly id: string;
}

export interface LeftSum {
  /** As in `LeftSource`. */
  readonly account: string;
  /** Upper case. */
  readonly currency: string;
  readonly booked: Turnover;
  /** It was there when the current source began, and its opening balance counts it. */
  readonly isCounted: boolean;
}

/**
 * By account and currency: what the opening balance counts, and what it does not. Costs what sources that are left have
 * booked since the current one began, where they had booked anything before.
 */
export async function sumsOfLeft(db: Queries, sourceId: string): Promise<LeftSum[]> {
  const sums: LeftSum[] = [];
  for (const left of await sourcesLeft(db, sourceId)) {
    const { account, countedTo } = left;
    const all = await bookedBy(db, left);
    const later = countedTo === null ? all : await bookedSince(db, left, countedTo);
    for (const [currency, booked] of all) {
      const after = later.get(currency) ?? NO_TURNOVER;
      const before = subtractTurnover(booked, after);
      sums.push(
        { account, currency, booked: before, isCounted: true },
        { account, currency, booked: after, isCounted: false },
      );
    }
  }
  return sums.filter(({ booked: { debits, credits } }) => debits !== 0n || credits !== 0n);
}
