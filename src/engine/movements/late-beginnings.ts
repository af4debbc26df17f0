/**
 * Charges and disputes from before the cut-over that Stripe lists after what followed them: what was booked as if they
 * had begun with us is found in our rows or, where a lost database has forgotten it, in the ledger, and moved on.
 */
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import {
  isMovedOn,
  mayMoveOn,
  movedOn,
  tellingOf,
  type BookedRow,
} from '../../domain/movements/begun-earlier';
import { legsOf } from '../../domain/movements/chart';
import type { Chart, Leg } from '../../domain/movements/leg';
import { idsBegunWith, rowsBegunWith } from '../../store/balance-transactions';
import type { Queries } from '../../store/db';
import type { KeptBeside } from '../../store/settled-staging';
import {
  endsAlsoHeld,
  endsBooked,
  type BookedEnds,
  type Forgotten,
  type Sought,
} from './booked-ends';
import { beginnerOf, isBeginning, knownOf, type SettledPlace } from './known-of';

/** What is kept beside these rows of charges and disputes that may have begun before the cut-over. */
export async function keptBeside(
  db: Queries,
  { instanceId, chart }: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<KeptBeside> {
  const telling = chart.cutOver === null ? [] : rows.filter((bt) => tells(bt, chart));
  const begun = [...new Set(telling.flatMap(({ source }) => beginnerOf(source) ?? []))];
  return { begun, rows: begun.length === 0 ? [] : await idsBegunWith(db, instanceId, begun) };
}

function tells(bt: BalanceTransaction, chart: Chart): boolean {
  return isBeginning(bt, chart) || isMovedOn(bt);
}

/**
 * @param booked rows of one answer, with the legs that they would have if nothing had been booked yet
 * @param forgotten null: it is not asked
 * @returns the legs that they have; those of rows listed earlier stand with their charge or dispute
 */
export async function withLateBeginnings(
  db: Queries,
  place: SettledPlace,
  booked: readonly BookedRow[],
  forgotten: Forgotten | null,
): Promise<readonly BookedRow[]> {
  const { chart } = place;
  const listed = booked.map(({ bt }) => bt);
  const begun = listed.filter((bt) => isBeginning(bt, chart));
  const earlier = await listedEarlier(db, place, listed, begun);
  const here = booked.filter((row) => mayMoveOn(row, chart));
  const following = [...here, ...earlier];
  if (following.length === 0) return booked;
  const ids = following.map(({ bt }) => bt.id);
  const known = await endsBooked(db, place, ids);
  const there = await endsAlsoHeld(forgotten, known, here.flatMap(soughtOf));
  const added = earlier.map((row) => ({
    of: beginnerOf(row.bt.source),
    legs: notYetOf(row, chart, known),
  }));
  return booked.map((row) => {
    const legs = here.includes(row) ? movedOn(row, chart, there) : row.legs;
    const first = begun.find((bt) => beginnerOf(bt.source) === beginnerOf(row.bt.source));
    const more = added.filter(({ of }) => row.bt === first && of === beginnerOf(first.source));
    return { ...row, legs: [...legs, ...more.flatMap((one) => one.legs)] };
  });
}

/** Of rows that are kept: what moves on what was booked before it was known that they follow something earlier. */
export async function legsMovedOn(
  db: Queries,
  place: SettledPlace,
  rows: readonly BookedRow[],
): Promise<Leg[]> {
  const following = rows.filter((row) => mayMoveOn(row, place.chart));
  if (following.length === 0) return [];
  const ids = following.map(({ bt }) => bt.id);
  const there = await endsBooked(db, place, ids);
  return following.flatMap((row) => notYetOf(row, place.chart, there));
}

/**
 * Its other legs were booked when Stripe listed it. From what is kept of it they are not made again: where somebody
 * has changed that, they would not be the same, and its money is not moved on by another amount either.
 */
function notYetOf(row: BookedRow, chart: Chart, there: ReadonlyMap<string, BookedEnds>): Leg[] {
  const { amount, currency } = row.bt;
  const booked = tellingOf(row).flatMap((reference) => there.get(reference) ?? [])[0];
  if (booked?.moves !== amount || booked.currency !== currency) return [];
  return movedOn(row, chart, there).filter(
    ({ leg, reference }) => leg === 'applied' && !there.has(reference),
  );
}

function soughtOf(row: BookedRow): Sought[] {
  return tellingOf(row).map((reference) => {
    const leg = row.legs.find((one) => one.reference === reference);
    return { reference, amount: leg?.amount ?? null };
  });
}

/** Rows that are kept of what these rows begin, and that are not among those listed now. */
async function listedEarlier(
  db: Queries,
  place: SettledPlace,
  listed: readonly BalanceTransaction[],
  begun: readonly BalanceTransaction[],
): Promise<BookedRow[]> {
  const ids = begun.flatMap(({ source }) => beginnerOf(source) ?? []);
  if (ids.length === 0) return [];
  const again = new Set(listed.map(({ id }) => id));
  const kept = await rowsBegunWith(db, place.instanceId, ids);
  const rows = kept.filter(({ id }) => !again.has(id));
  if (rows.length === 0) return [];
  const known = await knownOf(db, place, [...listed, ...rows]);
  return rows
    .map((bt) => ({ bt, known: known(bt), legs: legsOf(bt, known(bt), place.chart) }))
    .filter((row) => mayMoveOn(row, place.chart));
}
