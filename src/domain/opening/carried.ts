/**
 * Legs of ours that stand on the source balance, by the ledger's own word: after a lost database no row of ours tells
 * of them. With them it tells since when movements were carried over, and what they began with.
 */
import { accountKeyOf, movementsBehind, openingReferenceOf } from '../ids';
import type { CountedBy } from '../kinds/opening-balance';
import type { LedgerLine } from '../ledger-balances';
import { rfc3339 } from '../posting';

export interface LegOwner {
  /** null: the key may not read its own account's id. */
  readonly account: string | null;
  /** What the account is called where we tell accounts apart. */
  readonly accountKey: string;
  readonly livemode: boolean;
}

/** Whose legs a source books. @param source as our rows or Stripe's key tell it */
export function legOwnerOf(source: {
  readonly stripeAccount: string | null;
  readonly keyFingerprint: string;
  readonly livemode: boolean;
}): LegOwner {
  const { stripeAccount: account, keyFingerprint, livemode } = source;
  return { account, accountKey: accountKeyOf(account, keyFingerprint), livemode };
}

/** An opening balance that the ledger holds. */
export interface FoundOpening {
  readonly reference: string;
  /** Unix seconds. */
  readonly cutOver: number;
  readonly currency: string;
  /** As in an opening: positive from the source balance. */
  readonly amount: bigint;
  /** By the ledger's clock. */
  readonly bookedAt: Date | null;
  /** As its posting says; null: a version has posted it that did not. */
  readonly counts: CountedBy | null;
}

export interface Carried {
  readonly openings: readonly FoundOpening[];
  /** Unix seconds: the date of the oldest leg of a row; null: there is none. */
  readonly first: number | null;
}

export const NOTHING_CARRIED: Carried = { openings: [], first: null };

/** Legs that are dated as the pay-in that they belong to, which may be from before the cut-over. */
const DATED_AS_PAY_IN: ReadonlySet<string> = new Set(['opening', 'fx1', 'fx2', 'diff', 'assigned']);

/** Whether a posting is a leg of this account's. What takes back a posting of others is none. */
export function isOwnLeg(line: Pick<LedgerLine, 'metadata'>, owner: LegOwner): boolean {
  const own = ownOf(line);
  return (
    own !== undefined &&
    own['leg'] !== 'reversed' &&
    own['livemode'] === owner.livemode &&
    (own['account'] ?? null) === owner.account
  );
}

export function addCarried(carried: Carried, line: LedgerLine, owner: LegOwner): Carried {
  const { effectiveAt, currency, amount, bookedAt } = line;
  if (effectiveAt === null || currency === null || amount === null) return carried;
  const at = Math.floor(effectiveAt.getTime() / 1000);
  const opening = openingReferenceOf(owner.accountKey, currency, rfc3339(at).slice(0, 10));
  if (movementsBehind(line.reference).includes(opening)) {
    const signed = line.direction === 'debit' ? amount : -amount;
    const counts = countedBy(line);
    const found = { reference: opening, cutOver: at, currency, amount: signed, bookedAt, counts };
    return { ...carried, openings: [...carried.openings, found] };
  }
  if (DATED_AS_PAY_IN.has(String(ownOf(line)?.['leg']))) return carried;
  return { ...carried, first: Math.min(at, carried.first ?? at) };
}

/** The same; null: nobody knows. */
export type FoundCounts = { readonly [Key in keyof CountedBy]: CountedBy[Key] | null };

export const COUNTS_UNKNOWN: FoundCounts = { countedTo: null, openedAt: null };

/** What tells which pay-ins they count: all of one beginning say the same. */
export function countsOf(openings: readonly FoundOpening[]): FoundCounts {
  const [said] = openings.flatMap(({ counts }) => counts ?? []);
  return said ?? { countedTo: takenAt(openings), openedAt: null };
}

/** When the ledger took the first of them: they count nothing of later, though perhaps less than all of before. */
function takenAt(openings: readonly FoundOpening[]): Date | null {
  const times = openings.flatMap(({ bookedAt }) => bookedAt?.getTime() ?? []);
  return times.length === 0 ? null : new Date(Math.min(...times));
}

function countedBy(line: Pick<LedgerLine, 'metadata'>): CountedBy | null {
  const own = ownOf(line);
  const [countedTo, openedAt] = [momentOf(own?.['counted_to']), momentOf(own?.['opened_at'])];
  return countedTo && openedAt && { countedTo, openedAt };
}

function momentOf(value: unknown): Date | null {
  const moment = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** Whether a posting is a leg, of whatever account and mode. */
export function isLeg(line: Pick<LedgerLine, 'metadata'>): boolean {
  return ownOf(line) !== undefined;
}

/** A posting of the source balance's with that of the opening, as the one of them sees it where the other does. */
export function fromOtherSide(line: LedgerLine): LedgerLine {
  return { ...line, direction: line.direction === 'debit' ? 'credit' : 'debit' };
}

function ownOf({ metadata }: Pick<LedgerLine, 'metadata'>): Record<string, unknown> | undefined {
  const own = metadata['stripe_sync'];
  if (typeof own !== 'object' || own === null || !('leg' in own)) return undefined;
  return typeof own.leg === 'string' ? { ...own } : undefined;
}
