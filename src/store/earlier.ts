/** What pay-ins from before a cut-over have brought to the source balance. Nothing here writes. */
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';
import { rowsOf } from './rows-of-pay-in';

export interface OpeningPlace {
  readonly instanceId: string;
  readonly sourceId: string;
}

/** Payments, or rows, that one statement names. */
export const AT_ONCE = 10_000;

/**
 * Whether a pay-in that is in the ledger had succeeded and was taken by it before an opening balance, which counts it
 * then. When it was taken is not known of versions that did not note it: that was long before.
 * @param row its alias
 * @param cutOver Unix seconds, in SQL; null: there is none, and the answer is no
 * @param countedTo a time of the ledger's clock, in SQL
 */
export const isEarlier = (row: string, cutOver: string, countedTo: string) =>
  `(coalesce(${row}.succeeded_s, ${row}.dated_s, ${row}.created_s) < ${cutOver}
  and coalesce(coalesce(${row}.first_booked_at, ${row}.booked_at, ${row}.posted_at) < ${countedTo}, true))`;

/** Of a pay-in `m`: $1 the instance, $2 its source, $3 the cut-over, $4 up to when the ledger took what counts. */
export const EARLIER = `m.instance_id = $1 and m.source_id = $2 and m.kind = 'pay_in' and m.state in ${IN_LEDGER_STATES}
  and ${isEarlier('m', '$3', '$4')}`;

export interface Beginning {
  /** Unix seconds. */
  readonly cutOver: number;
  /** When the ledger took an opening balance that is there already: it counts nothing of later; null: none is. */
  readonly foundAt: Date | null;
}

/** In the order of the parameters of `EARLIER`. */
export const parametersOf = (
  { instanceId, sourceId }: OpeningPlace,
  { cutOver, foundAt }: Beginning,
): readonly unknown[] => [instanceId, sourceId, cutOver, foundAt ?? 'infinity'];

export interface Sum {
  readonly currency: string;
  readonly amount: string;
}

/** Amounts of money by currency. */
export type Sums = ReadonlyMap<string, bigint>;

/**
 * By currency, in upper case: pay-ins that are in the ledger and succeeded before the cut-over.
 * @param charged PaymentIntents whose charge has a row since the cut-over: they count from there on
 */
export async function readEarlier(
  db: Queries,
  place: OpeningPlace,
  beginning: Beginning,
  charged: ReadonlySet<string>,
): Promise<Sums> {
  const sums = new Map<string, bigint>();
  const add = (found: readonly Sum[], sign: 1n | -1n) => {
    for (const { currency, amount } of found) {
      sums.set(currency, (sums.get(currency) ?? 0n) + sign * BigInt(amount));
    }
  };
  const parameters = parametersOf(place, beginning);
  add(await ownEarlier(db, parameters), 1n);
  const ids = [...charged];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    add(await ownEarlier(db, [...parameters, ids.slice(at, at + AT_ONCE)]), -1n);
  }
  return new Map([...sums].filter(([, amount]) => amount !== 0n));
}

function ownEarlier(db: Queries, parameters: readonly unknown[]): Promise<Sum[]> {
  return db.query<Sum>(
    `select upper(m.currency) as currency, sum(m.amount)::text as amount from movements m
     where ${EARLIER} ${parameters.length > 4 ? 'and m.movement_id = any($5)' : ''} group by 1`,
    parameters,
  );
}

interface Counted {
  /** Unix seconds. */
  readonly cutOver: number;
  /** When what was held then was frozen, by our clock. */
  readonly openedAt: Date;
  /** By the ledger's clock: what it took from then on is not counted. */
  readonly countedTo: Date;
}

/**
 * By currency, in upper case: the pay-ins that an opening balance counts which the ledger has taken. They had
 * succeeded before the cut-over, and Stripe has listed no row of their charge from then on.
 */
export async function readCounted(
  db: Queries,
  { instanceId, sourceId }: OpeningPlace,
  { cutOver, openedAt, countedTo }: Counted,
): Promise<Sums> {
  const sums = await db.query<Sum>(
    `select upper(m.currency) as currency, sum(m.amount)::text as amount from movements m
     where ${EARLIER} and not exists (select from ${rowsOf('m')}
       and b.created_s >= $3 and b.created_s < floor(extract(epoch from $5::timestamptz)))
     group by 1`,
    [instanceId, sourceId, cutOver, countedTo, openedAt],
  );
  return new Map(sums.map(({ currency, amount }) => [currency, BigInt(amount)]));
}

export interface OwnReference {
  readonly id: string;
  /** Under which the ledger holds it; null: a version that did not note it, so its id. */
  readonly reference: string | null;
}

/** Those of these movements that are in the ledger, of whichever source of the instance. */
export function ownReferences(
  db: Queries,
  instanceId: string,
  ids: readonly string[],
): Promise<OwnReference[]> {
  return db.query<OwnReference>(
    `select movement_id as id, reference from movements
     where instance_id = $1 and movement_id = any($2) and state in ${IN_LEDGER_STATES}`,
    [instanceId, ids],
  );
}

/** Whether movements wait without an outcome: what is in the ledger is not known of them. */
export async function hasStaged(db: Queries, sourceId: string): Promise<boolean> {
  const [row] = await db.query<{ there: boolean }>(
    `select exists (select from movements where source_id = $1 and state = 'staged') as there`,
    [sourceId],
  );
  return row?.there ?? false;
}

/** One of these movements that is set aside and tried again by itself: what stands under its reference may be ours. */
export async function findRetried(
  db: Queries,
  sourceId: string,
  ids: readonly string[],
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    `select movement_id as id from movements where source_id = $1 and movement_id = any($2)
       and state = 'quarantined' and retry_at is not null order by movement_id limit 1`,
    [sourceId, ids],
  );
  return row?.id;
}
