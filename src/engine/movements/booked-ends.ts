/**
 * Between which balances legs stand that are in the ledger, by their references: in our rows, and where these may have
 * forgotten it, in the ledger itself.
 */
import type { Ends } from '../../domain/movements/begun-earlier';
import type { Leg } from '../../domain/movements/leg';
import type { Ledger } from '../../domain/ledger';
import type { Queries } from '../../store/db';
import { bookedLegsOf, type LegRow } from '../../store/legs';
import { lookUpAll } from '../posting/look-up';
import type { SettledPlace } from './known-of';

export const standsOn =
  (balance: string) =>
  ({ from, to }: Ends): boolean =>
    from === balance || to === balance;

/** As a ledger tells it that does not name its balances. */
export const areUnnamed = ({ from, to }: Ends): boolean => (from ?? to) === null;

export type BookedEnds = Ends & Pick<LegRow, 'moves' | 'currency'>;

/** @param ids of rows: all of their legs that are booked, or will be */
export async function endsBooked(
  db: Queries,
  place: SettledPlace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, BookedEnds>> {
  const own = await bookedLegsOf(db, place, ids);
  return new Map(own.map((leg) => [leg.reference, leg]));
}

/** The ledger, where our rows may have forgotten what it holds. */
export interface Forgotten {
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/**
 * @param forgotten null: it is not asked
 * @param known asked for no more
 * @returns these, and what else of this the ledger holds
 */
export async function endsAlsoHeld(
  forgotten: Forgotten | null,
  known: ReadonlyMap<string, Ends>,
  sought: readonly Sought[],
): Promise<ReadonlyMap<string, Ends>> {
  if (forgotten === null) return known;
  const unknown = sought.filter(({ reference }) => !known.has(reference));
  return new Map([...(await endsHeld(forgotten, unknown)), ...known]);
}

/** A leg that the ledger may hold; null: whatever its amount is. */
export type Sought = Pick<Leg, 'reference' | 'amount'>;

/**
 * What stands under its reference with another amount is not that leg.
 * @returns the balances of those that the ledger holds, by reference
 */
export async function endsHeld(
  { ledger, signal }: Forgotten,
  sought: readonly Sought[],
): Promise<[string, Ends][]> {
  if (sought.length === 0) return [];
  const references = sought.map(({ reference }) => reference);
  const found = await lookUpAll(ledger, references, signal);
  return sought.flatMap(({ reference, amount }): [string, Ends][] => {
    const entry = found.get(reference);
    const isIt =
      entry && entry.status !== 'REJECTED' && (amount === null || entry.amount === amount);
    return isIt ? [[reference, { from: entry.source, to: entry.destination }]] : [];
  });
}
