/**
 * The opening balance of each currency: posted once, at the cut-over, so that from then on the source balance
 * holds what Stripe holds. Computed from Stripe, shown, confirmed, frozen.
 */
import type { OpeningWait } from './opening-wait';
import { moneyOf } from '../posting';
import type { LedgerPosting } from '../proof/proof-search';
import {
  judgeReading,
  LISTED_AFTER,
  type ReadingOfCurrency,
  type RowsAround,
} from '../proof/reading-judgement';
import type { ReasonCode } from '../reasons';
import { addTurnovers, heldBy, NO_TURNOVER, turnoverOf, type Turnover } from '../proof/turnover';

/** A reading with the rows around it, whose `before` begins at the cut-over with nothing. */
export interface OpeningReading extends ReadingOfCurrency {
  readonly rows: RowsAround;
  /** Unix seconds of Stripe's clock when the newest rows were asked for. */
  readonly listedTo: number;
}

/**
 * What Stripe held at the cut-over: the reading less every row since. Rows in the seconds around a reading may
 * or may not be in it; then several amounts are possible, and further readings have to leave one of them.
 * @returns null: none is certain yet, and another reading is needed
 */
export function heldAtCutOver(readings: readonly OpeningReading[]): bigint | null {
  const left = amountsLeft(listedPast(readings));
  return left.length === 1 ? (left[0] ?? null) : null;
}

/**
 * Seconds from the first reading to one that confirms it, where nobody looks at the amount before it is frozen: a row
 * that Stripe lists late shows by then. Less than a quarter of an hour, the usual schedule.
 */
export const SPAN = 10 * 60;

/**
 * The same where nobody looks at it before it is frozen: what all readings leave, and a reading SPAN later adds up to.
 * A row which is missing between them shows.
 * @param readings the oldest first
 * @returns a word: why there is none
 */
export function agreedAtCutOver(readings: readonly OpeningReading[]): bigint | OpeningWait {
  const listed = listedPast(readings);
  const [first] = listed;
  const [one, ...others] = amountsLeft(listed);
  if (listed.length >= 2 && one === undefined) return 'disagrees';
  if (first === undefined || one === undefined || others.length > 0) return 'uncertain';
  const isLater = isSpanned(first);
  return readings.some((reading) => isLater(reading) && addsUp(one, reading)) ? one : 'uncertain';
}

export function isSpanned(first: { readonly at: number }) {
  return ({ at }: { readonly at: number }) => at >= first.at + SPAN;
}

/** Whether a reading is what was held and the rows since: at once, as of a proof, where nothing has to be chosen. */
export function addsUp(held: bigint, { at, total, rows, listedTo }: OpeningReading): boolean {
  const around = { ...rows, before: held + rows.before };
  const judgement = judgeReading({ at, total }, around, listedTo);
  return judgement.kind === 'judged' && judgement.difference === 0n;
}

/**
 * Whether what is said to have been held is what Stripe's balance leaves.
 * @returns null: that is not certain yet
 */
export function agreesAtCutOver(held: bigint, readings: readonly OpeningReading[]): boolean | null {
  const listed = listedPast(readings);
  if (listed.length > 0) return amountsLeft(listed).includes(held);
  return readings.some((reading) => addsUp(held, reading)) ? true : null;
}

/** Those around which the list can be trusted to be whole. */
export function listedPast<T extends Pick<OpeningReading, 'at' | 'listedTo'>>(
  readings: readonly T[],
): T[] {
  return readings.filter(({ at, listedTo }) => listedTo >= at + LISTED_AFTER);
}

/** What all of them allow. */
function amountsLeft(readings: readonly OpeningReading[]): bigint[] {
  const [first, ...others] = readings.map(({ total, rows }) => new Set(amountsOf(total, rows)));
  return [...(first ?? [])].filter((amount) => others.every((one) => one.has(amount)));
}

function amountsOf(total: bigint, { before, near }: RowsAround): bigint[] {
  let counted = before;
  return [total - counted, ...near.map(({ net }) => total - (counted += net))];
}

export interface OpeningFacts {
  readonly currency: string;
  readonly held: bigint;
  /**
   * What pay-ins of ours from before the cut-over have brought to the source balance. Not those whose charge has a
   * row since, or none yet, nor those that a posting of ours takes back: these count from the cut-over on. And what
   * accounts or keys that were left have booked there, and keep.
   */
  readonly earlier: bigint;
  /** Postings of others on the source balance, as the ledger took them: the oldest first. */
  readonly foreign: readonly LedgerPosting[];
  /** What is posted under its reference already; undefined: nothing. */
  readonly found?: bigint | undefined;
}

export interface OpeningChoice {
  /** The cut-over is the beginning of the account: `SYNC_SINCE=all`. */
  readonly isWhole: boolean;
  /** A person has said that postings of others are right as they are. */
  readonly absorb: boolean;
}

/** Why nothing can be opened as long as it is so. */
export type OpeningStop = 'FOREIGN_POSTINGS' | 'OPENING_DIFFERS' | ReasonCode;

/** Of one currency, as the plan shows it. */
export interface Opening {
  readonly currency: string;
  /** What Stripe held at the cut-over: where the sum of its rows begins. */
  readonly held: bigint;
  readonly earlier: bigint;
  /** Postings of others that nobody has accepted; those that the ledger says somebody has, the next proof names. */
  readonly foreign: readonly LedgerPosting[];
  /** To be posted: positive from the source balance to that of the opening, negative back. */
  readonly amount: bigint;
  /** What Stripe holds and its whole history does not tell. No posting makes it go away. */
  readonly unexplained: bigint;
  /** Postings of others that count as ours from then on, and what they add up to. */
  readonly absorbs: readonly LedgerPosting[];
  readonly absorbed: Turnover;
  /** Postings of others that every proof is to name as accepted. */
  readonly accepted: readonly LedgerPosting[];
  readonly stop: OpeningStop | null;
}

/** An opening balance that stands in the ledger, and is none of our movements yet. */
export interface HeldOpening extends Opening {
  /** null: in this currency it is zero, and is not posted. */
  readonly reference: string | null;
}

/**
 * With the whole history there is nothing to open: what is left over would be a row that we lack or a thing that
 * we do not understand, and an opening that took it in would hide it for ever.
 */
export function openingOf(facts: OpeningFacts, { isWhole, absorb }: OpeningChoice): Opening {
  const { currency, held, earlier, found } = facts;
  const foreign = facts.foreign.filter(({ isAccepted }) => isAccepted !== true);
  const told = isWhole ? [] : absorbedBy(facts, foreign);
  const absorbs = told ?? [];
  const absorbed = addTurnovers(absorbs.map(({ amount }) => turnoverOf(amount)));
  const amount = isWhole ? 0n : (found ?? held - earlier - heldBy(absorbed));
  const isStopped = foreign.length > 0 && !absorb;
  return {
    currency,
    held: isWhole ? 0n : held,
    earlier,
    foreign,
    amount,
    unexplained: isWhole ? held : 0n,
    absorbs,
    absorbed,
    accepted: foreign.filter((one) => !absorbs.includes(one)),
    stop:
      told === null
        ? 'OPENING_DIFFERS'
        : isStopped
          ? 'FOREIGN_POSTINGS'
          : unpostable(amount, currency),
  };
}

/** One that is posted already took in what it is less by; what came later it knows nothing of. */
function absorbedBy(
  { held, earlier, foreign, found }: OpeningFacts,
  notAccepted: readonly LedgerPosting[],
): readonly LedgerPosting[] | null {
  if (found === undefined) return notAccepted;
  return absorbedAmong(foreign, (sum) => heldBy(sum) === held - earlier - found);
}

/**
 * Which postings of others an opening balance took in: all that there were then, so the oldest, until they add up to
 * it. Where that comes out with none that is accepted only, without these.
 * @param foreign the oldest first
 * @returns null: nothing adds up
 */
export function absorbedAmong<T extends Pick<LedgerPosting, 'amount' | 'isAccepted'>>(
  foreign: readonly T[],
  isSum: (sum: Turnover) => boolean,
): readonly T[] | null {
  for (const some of [foreign, foreign.filter(({ isAccepted }) => isAccepted !== true)]) {
    let sum = NO_TURNOVER;
    for (let count = 0; count <= some.length; count += 1) {
      if (isSum(sum)) return some.slice(0, count);
      sum = addTurnovers([sum, turnoverOf(some[count]?.amount ?? 0n)]);
    }
  }
  return null;
}

/**
 * Blnk holds no amount beyond 2^53, and none of a currency whose decimals are unknown. What others have booked in
 * "usd" stands on another balance than ours in "USD".
 */
function unpostable(amount: bigint, currency: string): ReasonCode | null {
  if (amount === 0n) return null;
  if (currency !== currency.toUpperCase()) return 'CURRENCY_UNKNOWN';
  const money = moneyOf(amount < 0n ? -amount : amount, currency);
  return typeof money === 'string' ? money : null;
}
