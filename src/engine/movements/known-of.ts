/**
 * What is known of the payments behind balance transactions, of a whole page at once: from our own rows, which the
 * feeds of pay-ins have brought up to date earlier in the same run, after a lost database as well.
 */
import type { BalanceTransaction, SourceObject } from '../../domain/movements/balance-transaction';
import { isBefore } from '../../domain/movements/bookable';
import { kindOf } from '../../domain/kinds/choice';
import { NOTHING_KNOWN, type Known, type KnownPayIn } from '../../domain/movements/known';
import type { Chart } from '../../domain/movements/leg';
import { isInLedger } from '../../domain/outcomes';
import type { Queries } from '../../store/db';
import {
  begunBefore,
  chargesBetween,
  idsOfPayments,
  knownPayInsOf,
  type KnownRow,
} from '../../store/known-pay-ins';

/** A source whose movements are carried over. */
export interface SettledPlace {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly chart: Chart;
  /** When what it began with was frozen. */
  readonly openedAt: Date;
  /** By the ledger's clock: what it took from then on, the opening balance does not count. */
  readonly countedTo: Date;
}

/** @param rows what is asked about; those that are not kept yet count as well */
export async function knownOf(
  db: Queries,
  place: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<(bt: Pick<BalanceTransaction, 'source'>) => Known> {
  const { paymentIntentIds, chargeIds } = idsOfPayments(rows);
  const found = await knownPayInsOf(db, place.instanceId, paymentIntentIds, chargeIds);
  const counted = await countedOf(db, place, found, rows);
  const payIns = new Map<string, KnownPayIn>();
  for (const row of found) {
    const known = toKnown(row, place, counted.has(row));
    for (const id of [row.id, ...row.charges]) payIns.set(id, known);
  }
  const begun = await begunOf(db, place, rows);
  return ({ source }) => ({
    payIn: payIns.get(paymentOf(source) ?? '') ?? NOTHING_KNOWN.payIn,
    begunBefore: begun.has(beginnerOf(source) ?? ''),
  });
}

function toKnown(row: KnownRow, { sourceId }: SettledPlace, isCounted: boolean): KnownPayIn {
  const { state, id, chargeId, payer, amount, currency, createdAt, datedAt } = row;
  const open = { state: 'open', payer } as const;
  // Of an account or a ledger that was left: it is not in this one's books, or not yet.
  if (row.sourceId !== sourceId) return open;
  if (state === 'before_since') return { state: 'earlier', chargeId, payer, isInLedger: false };
  if (!isBooked(row)) return open;
  if (isCounted) return { state: 'earlier', chargeId, payer, isInLedger: true };
  if (amount === null || currency === null || datedAt === null) return open;
  return { state: 'booked', id, chargeId, payer, amount, currency, createdAt, datedAt };
}

/**
 * In the ledger, or it was: what has lost it, or holds something else under its reference, is to be put right. Its rows
 * were booked by what was known of it, and nothing else may be made of them meanwhile.
 */
function isBooked({ state, bookedAt }: KnownRow): boolean {
  return isInLedger(state) || bookedAt !== null;
}

/**
 * Those that are in the ledger and that the opening balance counts: they had succeeded before the cut-over, they were
 * booked before it was frozen, and Stripe had no row of their charge since the cut-over by then.
 */
async function countedOf(
  db: Queries,
  { instanceId, sourceId, chart: { cutOver }, openedAt, countedTo }: SettledPlace,
  found: readonly KnownRow[],
  rows: readonly BalanceTransaction[],
): Promise<ReadonlySet<KnownRow>> {
  if (cutOver === null) return new Set();
  const early = found.filter(
    (row) =>
      row.sourceId === sourceId &&
      isBooked(row) &&
      (row.succeededAt ?? row.datedAt ?? cutOver) < cutOver &&
      (row.bookedAt === null || row.bookedAt < countedTo),
  );
  if (early.length === 0) return new Set();
  const ids = early.map(({ id }) => id);
  const opened = Math.floor(openedAt.getTime() / 1000);
  const kept = await chargesBetween(db, instanceId, ids, cutOver, opened);
  const since = [...kept, ...rows.flatMap((bt) => chargeBetween(bt, cutOver, opened))];
  const hasRow = ({ id, chargeId }: KnownRow) =>
    since.some(
      (row) =>
        row.paymentIntentId === id &&
        (row.chargeId === null || chargeId === null || row.chargeId === chargeId),
    );
  return new Set(early.filter((row) => !hasRow(row)));
}

/** The same as `chargesBetween` of a row that is not kept yet. */
function chargeBetween(bt: BalanceTransaction, from: number, before: number) {
  const { source, created } = bt;
  if (source.object !== 'charge' || source.status === 'failed' || kindOf(bt) !== 'charge') {
    return [];
  }
  const { id: chargeId, paymentIntentId } = source;
  return created !== null && created >= from && created < before
    ? [{ paymentIntentId, chargeId }]
    : [];
}

/** Ids of what has moved the balance before the cut-over. */
async function begunOf(
  db: Queries,
  { instanceId, chart }: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<ReadonlySet<string>> {
  const { cutOver } = chart;
  if (cutOver === null) return new Set();
  const ids = [...new Set(rows.flatMap(({ source }) => beginnerOf(source) ?? []))];
  const begun = new Set(await begunBefore(db, instanceId, ids, cutOver));
  for (const bt of rows) {
    const { source } = bt;
    const hasBegun = isBeginning(bt, chart) || (begunAtOf(source) ?? cutOver) < cutOver;
    if (hasBegun && source.id !== null) begun.add(source.id);
  }
  return begun;
}

/** What a dispute itself tells: its first row may be older than those that are read. */
function begunAtOf(source: SourceObject): number | null {
  return source.object === 'dispute' ? source.begunAt : null;
}

/** Of what began before the cut-over, the row with which it did. */
export function isBeginning(bt: BalanceTransaction, chart: Chart): boolean {
  return BEGINNERS.has(kindOf(bt)) && isBefore(bt, chart);
}

const BEGINNERS: ReadonlySet<string> = new Set(['charge', 'lone_charge', 'dispute']);

/** The charge or dispute that a row belongs to. */
export function beginnerOf(source: SourceObject): string | null {
  if (source.object === 'refund') return source.chargeId;
  return source.object === 'charge' || source.object === 'dispute' ? source.id : null;
}

/** The payment that a row belongs to; of one without a PaymentIntent, its charge. */
function paymentOf(source: SourceObject): string | null {
  if (source.object === 'charge') return source.paymentIntentId ?? source.id;
  if (source.object !== 'refund' && source.object !== 'dispute') return null;
  return source.paymentIntentId ?? source.chargeId;
}
