/** The rows of `movements` that are legs: what their postings are made of, and what has become of them. */
import type { Leg } from '../domain/movements/leg';
import type { PayInState } from '../domain/pay-in';
import type { ReasonCode } from '../domain/reasons';
import type { Db, Queries } from './db';
import { numbered } from './numbers';
import { IN_LEDGER_STATES, ofOtherLedger } from './outcome-columns';

export interface LegRow extends Leg {
  /** Its reference, as that of a leg never changes. */
  readonly id: string;
  /** null: the opening balance. */
  readonly btId: string | null;
  /** By how much it moves Stripe's balance. */
  readonly moves: bigint;
  readonly state: PayInState;
  readonly syncId: string;
  readonly transactionId: string | null;
  /** The reference under which the ledger has held it; null: it never has. */
  readonly heldAs: string | null;
  readonly reason: ReasonCode | null;
  readonly attempts: number;
  readonly triedBy: string | null;
  readonly quarantinedBy: string | null;
  readonly retryAt: Date | null;
  readonly updatedAt: Date;
  /** When we posted it; null: never, or it was there already. */
  readonly postedAt: Date | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
}

export interface StoredLeg extends Omit<LegRow, 'amount' | 'moves'> {
  readonly amount: string | null;
  readonly moves: string | null;
}

export const LEG_COLUMNS = `movement_id as id, movement_id as reference, kind, leg, bt_id as "btId",
  from_balance as from, to_balance as to, moves::text as moves, amount::text as amount, currency,
  dated_s as "datedAt", metadata, also, fault, state, sync_id as "syncId",
  blnk_transaction_id as "transactionId", reference as "heldAs", reason, attempts, tried_by as "triedBy",
  quarantined_by as "quarantinedBy", retry_at as "retryAt", updated_at as "updatedAt",
  posted_at as "postedAt", closed_at as "closedAt", closed_by as "closedBy"`;

/** Whose page stages legs, and which of another sync it takes over (src/store/staging.ts). */
export interface Claim {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly syncId: string;
  readonly pageId: string;
  readonly listing: string;
  /** The ledger decides what is there, never our own row. */
  readonly takesOver: boolean;
  /** The balance of Stripe's that a leg moves by standing on either side. */
  readonly sourceBalance: string;
}

/** What a posting is made of: all of it is of one answer, as the balances are the sign of the amount. */
const CONTENT = 'kind from_balance to_balance moves amount currency metadata also fault'.split(' ');

/**
 * Stripe never changes money, so other money is no news; but what could not be read may be read now, and another
 * ledger may begin with another opening balance.
 */
const IS_NEWS = `(p.source_id <> excluded.source_id or p.amount is null or (p.fault is not null and excluded.fault is null)
  or (p.amount, p.currency, p.moves) is not distinct from (excluded.amount, excluded.currency, excluded.moves))`;

/** What kept it out of the ledger is gone. */
const IS_MENDED = `p.fault is not null and excluded.fault is null and p.state in ('staged', 'quarantined')`;

/** In this ledger: it is there still, or goes there again. None is without its amount, or with a fault. */
const WAS_BOOKED = `p.source_id = excluded.source_id and p.booked_at is not null and p.amount is not null
  and p.fault is null`;

const IS_KEPT = `(not (${IS_NEWS}) or (${WAS_BOOKED}))`;

/** What stands under its reference is something else than what was known of it. */
const IS_TO_COMPARE = `p.state = 'quarantined' and p.reason = 'CONFLICT' and not ${IS_KEPT}
  and (p.from_balance, p.to_balance) is distinct from (excluded.from_balance, excluded.to_balance)`;

const ASSIGNMENTS = CONTENT.map(
  (one) => `${one} = case when ${IS_KEPT} then p.${one} else excluded.${one} end`,
).join(', ');

/**
 * Stages legs for a page. One stays with the page that owns it when that page is of this sync or of the same
 * listing; a tail leaves alone what has its outcome, but for what is of a ledger that was left, what was set aside
 * for a fault and has none now, and what is in conflict and belongs somewhere else by now. Its money never changes, so
 * that of a row that is there stays; all else may be known better by now, unless it is booked.
 */
export async function stageLegs(tx: Queries, claim: Claim, legs: readonly Leg[]): Promise<void> {
  // Two rows of one page may have a leg in common: the customer's side of a payment that was converted.
  const distinct = [...new Map(legs.map((leg) => [leg.reference, keepable(leg)])).values()];
  if (distinct.length === 0) return;
  const ordered = distinct.sort((a, b) => (a.reference < b.reference ? -1 : 1));
  const of = <T>(valueOf: (leg: Leg) => T) => ordered.map(valueOf);
  await tx.query(
    `insert into movements as p (instance_id, movement_id, kind, leg, bt_id, page_id, sync_id, listing_id, source_id,
       amount, currency, from_balance, to_balance, moves, dated_s, metadata, also, fault, state)
     select $1, r.id, r.kind, r.leg, r.bt_id, $2, $3, $4, $5, r.amount, r.currency, r.from_b, r.to_b, r.moves,
       r.dated, r.metadata, r.also, r.fault, 'staged'
     from unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::numeric[], $12::text[], $13::text[],
       $14::text[], $15::numeric[], $16::bigint[], $17::jsonb[], $18::jsonb[], $19::text[])
       as r(id, kind, leg, bt_id, amount, currency, from_b, to_b, moves, dated, metadata, also, fault)
     on conflict (instance_id, movement_id) do update
       set page_id = excluded.page_id, sync_id = excluded.sync_id, listing_id = excluded.listing_id,
           source_id = excluded.source_id, ${ASSIGNMENTS},
           dated_s = case when p.source_id = excluded.source_id then coalesce(p.dated_s, excluded.dated_s)
             else excluded.dated_s end,
           ${ofOtherLedger('excluded.source_id')}, state = 'staged', updated_at = now()
     where p.leg is not null and (${IS_MENDED} or p.source_id <> excluded.source_id or p.sync_id <> excluded.sync_id
       and (p.state = 'staged' or ${IS_TO_COMPARE}
         or ($6 and p.listing_id is distinct from excluded.listing_id)))`,
    [
      claim.instanceId,
      claim.pageId,
      claim.syncId,
      claim.listing,
      claim.sourceId,
      claim.takesOver,
      of((leg) => leg.reference),
      of((leg) => leg.kind),
      of((leg) => leg.leg),
      of(({ metadata }) => metadata.stripe_balance_transaction_id ?? null),
      of((leg) => leg.amount?.toString() ?? null),
      of((leg) => leg.currency),
      of((leg) => leg.from),
      of((leg) => leg.to),
      of((leg) => movesOf(leg, claim.sourceBalance)?.toString() ?? null),
      of((leg) => leg.datedAt),
      of((leg) => JSON.stringify(leg.metadata)),
      of((leg) => JSON.stringify(leg.also)),
      of((leg) => leg.fault),
    ],
  );
}

/** More than its column holds, and far more than can be posted. */
const MOST = 10n ** 19n;

/** A sum of Stripe's amounts may be longer than each of them. */
function keepable(leg: Leg): Leg {
  if (leg.amount === null || leg.amount < MOST) return leg;
  return { ...leg, amount: null, fault: leg.fault ?? 'AMOUNT_UNSAFE' };
}

/** null: not readable. */
function movesOf({ amount, from, to }: Leg, source: string): bigint | null {
  if (amount === null) return null;
  if (from === to) return 0n;
  return from === source ? amount : to === source ? -amount : 0n;
}

/** The legs of a page that have no outcome yet. */
export async function stagedLegs(
  db: Db,
  { sourceId, pageId }: { readonly sourceId: string; readonly pageId: string },
): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements
     where source_id = $1 and page_id = $2 and state = 'staged' and leg is not null order by movement_id`,
    [sourceId, pageId],
  );
  return rows.map(toLeg);
}

/** Of the source: each of them is named by every proof. @param after an id */
export async function legsSetAside(
  db: Queries,
  sourceId: string,
  limit: number,
  after = '',
): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements
     where source_id = $1 and leg is not null and state = 'quarantined' and movement_id > $2
     order by movement_id limit $3`,
    [sourceId, after, limit],
  );
  return rows.map(toLeg);
}

/** The legs of balance transactions, whatever has become of them. */
export async function legsOfRows(
  db: Queries,
  instanceId: string,
  btIds: readonly string[],
): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements where instance_id = $1 and bt_id = any($2) order by movement_id`,
    [instanceId, btIds],
  );
  return rows.map(toLeg);
}

/**
 * Of legs `m`: money that is in the ledger, or will come there as it is. What stands under its reference as something
 * else keeps it out until a person has decided.
 */
const IS_BOOKED_OR_WILL = `(m.state in ${IN_LEDGER_STATES} or (m.fault is null
  and (m.state = 'staged' or m.state = 'quarantined' and m.reason <> 'CONFLICT')))`;

/**
 * Of a row `b` since the cut-over: what follows its money would be half of a pair otherwise, also where somebody has
 * changed the row since. Of one from before none has waited. Whether what is taken back has waited, or went to its payer
 * at once, is known once the ledger has it.
 */
export const HAS_WAITED = `(b.is_before or coalesce(b.amount, 1) = 0 or exists (select from movements m
  where m.instance_id = b.instance_id and m.bt_id = b.bt_id and m.leg = 'gross' and m.source_id = b.source_id
    and (m.moves, m.currency) is not distinct from (b.amount, b.currency) and ${IS_BOOKED_OR_WILL}
    and (b.kind <> 'failed_charge' or m.state in ${IN_LEDGER_STATES})))`;

/** The legs of balance transactions that are booked in this ledger, or will be. */
export async function bookedLegsOf(
  db: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  btIds: readonly string[],
): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements m
     where instance_id = $1 and source_id = $2 and bt_id = any($3) and ${IS_BOOKED_OR_WILL}`,
    [instanceId, sourceId, btIds],
  );
  return rows.map(toLeg);
}

/** A leg of this ledger by what has become of it. */
export interface LegThere extends LegRow {
  readonly isBookedOrWill: boolean;
}

/** Those of these references that have a leg in this ledger's rows, whatever has become of it. */
export async function legsByReference(
  db: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  references: readonly string[],
): Promise<LegThere[]> {
  const rows = await db.query<StoredLeg & Pick<LegThere, 'isBookedOrWill'>>(
    `select ${LEG_COLUMNS}, ${IS_BOOKED_OR_WILL} as "isBookedOrWill"
     from unnest($3::text[]) r(named) cross join lateral (select * from movements where instance_id = $1
       and movement_id = r.named and source_id = $2 and leg is not null offset 0) m`,
    [instanceId, sourceId, references],
  );
  return rows.map((row) => ({ ...toLeg(row), isBookedOrWill: row.isBookedOrWill }));
}

/** It is not booked since its row, or what that is of, could not be read. */
export function isUnread({ fault, state }: LegRow): boolean {
  return fault !== null && (state === 'staged' || state === 'quarantined');
}

/** One of this ledger by its reference. */
export async function findLeg(
  db: Queries,
  place: { readonly instanceId: string; readonly sourceId: string },
  reference: string,
): Promise<LegRow | undefined> {
  const [leg] = await legsByReference(db, place, [reference]);
  return leg;
}

export function toLeg(row: StoredLeg): LegRow {
  return { ...numbered(row, 'amount'), moves: BigInt(row.moves ?? 0) };
}
