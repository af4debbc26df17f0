/**
 * Money that had waited on `@stripe-unapplied` for its pay-in, where by what is known now it would never have been there:
 * its leg stays what it was, in the ledger, which our rows may have forgotten, or on its way there. Else what undoes it
 * would be missing, or stand alone.
 */
import { accountOf } from '../../domain/movements/accounts';
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import type { BookedRow, Ends } from '../../domain/movements/begun-earlier';
import { legsOf } from '../../domain/movements/chart';
import { SyncError } from '../../domain/errors';
import { appliedLegs } from '../../domain/movements/follow-ups';
import { NOTHING_KNOWN } from '../../domain/movements/known';
import type { Chart, Leg } from '../../domain/movements/leg';
import type { Ledger } from '../../domain/ledger';
import { isInLedger } from '../../domain/outcomes';
import type { Queries } from '../../store/db';
import { isUnread, legsByReference, type LegRow } from '../../store/legs';
import { areUnnamed, endsHeld, standsOn, type Forgotten } from './booked-ends';
import type { SettledPlace } from './known-of';
import { NOT_READ } from '../proof/ledger-side';

/** A row of which nothing is known that would make it wait. */
interface Candidate {
  readonly row: BookedRow;
  /** What had been booked before its pay-in was. */
  readonly waited: Leg;
  /** By now it would be booked under the same reference, with another balance. */
  readonly isElsewhere: boolean;
  /** What follows once its pay-in is booked. */
  readonly applied: readonly Leg[];
}

/**
 * @param rows of one answer, with the legs that they have by what is known now
 * @param forgotten null: it is not asked
 */
export async function withWaited(
  db: Queries,
  place: SettledPlace,
  rows: readonly BookedRow[],
  forgotten: Forgotten | null,
): Promise<readonly BookedRow[]> {
  const { chart } = place;
  const unapplied = accountOf('unapplied', chart.balances);
  const isThere = standsOn(unapplied);
  const candidates = rows.flatMap((row) => candidateOf(row, chart, isThere) ?? []);
  if (candidates.length === 0) return rows;
  const own = await legsByReference(db, place, candidates.map(referenceOf));
  const legOf = new Map(own.map((leg) => [leg.id, leg]));
  // Of what our rows know to be elsewhere in the ledger, that need not be asked, and may not be able to tell.
  const isBookedElsewhere = (leg: LegRow | undefined) =>
    leg !== undefined && isInLedger(leg.state) && !isThere(leg);
  const open = candidates.filter((one) => !isBookedElsewhere(legOf.get(referenceOf(one))));
  if (open.length === 0) return rows;
  const held = forgotten ? await heldAmong(forgotten, unapplied, open, isThere) : new Set();
  const waited = new Map(open.map((one) => [one.row, one]));
  return rows.map((row) => {
    const one = waited.get(row);
    if (!one) return row;
    const { reference } = one.waited;
    const leg = legOf.get(reference);
    const legs = [...row.legs.filter((other) => other.reference !== reference), one.waited];
    const follows = held.has(reference) || (!one.isElsewhere && leg && isUnread(leg));
    if (follows) return { ...row, legs: [...legs, ...one.applied] };
    // The row waits still, and what undoes it follows as of any other.
    const stays = one.isElsewhere && leg?.isBookedOrWill && isThere(leg);
    return stays ? { ...row, legs } : row;
  });
}

function candidateOf(
  row: BookedRow,
  chart: Chart,
  isThere: (ends: Ends) => boolean,
): Candidate | undefined {
  const waited = waitingLegs(row.bt, chart).find((leg) => leg.leg === 'gross' && isThere(leg));
  const now = row.legs.find(({ reference }) => reference === waited?.reference);
  if (!waited || (now && isThere(now))) return undefined;
  return {
    row,
    waited,
    isElsewhere: now !== undefined,
    applied: appliedLegs(row.bt, row.known, chart),
  };
}

/** As it would be booked if its pay-in were not. */
export function waitingLegs(bt: BalanceTransaction, chart: Chart): readonly Leg[] {
  const { source } = bt;
  const before = source.object === 'charge' ? { ...source, status: 'pending' } : source;
  return legsOf({ ...bt, source: before }, NOTHING_KNOWN, chart);
}

const referenceOf = ({ waited }: Candidate) => waited.reference;

/**
 * Where the ledger has lost a leg too, what has undone it tells of it. A ledger that does not name its balances tells
 * no more than that something stands under a reference: that is it where by now nothing else would.
 * @returns references of legs that the ledger holds there, or has held; one request where nothing has ever waited
 */
async function heldAmong(
  forgotten: Forgotten,
  unapplied: string,
  candidates: readonly Candidate[],
  isThere: (ends: Ends) => boolean,
): Promise<ReadonlySet<string>> {
  if (!(await wasUsed(forgotten.ledger, unapplied, forgotten.signal))) return new Set();
  const doubtful = new Set(candidates.filter((one) => one.isElsewhere).map(referenceOf));
  const among = async (legs: readonly Leg[]) => {
    const held = await endsHeld(forgotten, legs);
    const there = held.filter(
      ([reference, ends]) => isThere(ends) || (areUnnamed(ends) && !doubtful.has(reference)),
    );
    return new Set(there.map(([reference]) => reference));
  };
  const held = await among(candidates.map(({ waited }) => waited));
  const lost = candidates.filter((one) => !held.has(referenceOf(one)));
  const undone = await among(lost.flatMap(undoing));
  const wasThere = lost.filter((one) => undoing(one).some((leg) => undone.has(leg.reference)));
  return new Set([...held, ...wasThere.map(referenceOf)]);
}

/** Of what follows, what takes the money on: the rest is there where none has waited as well. */
function undoing({ applied }: Candidate): readonly Leg[] {
  return applied.filter(({ leg }) => leg === 'applied');
}

/** A ledger that does not tell of balances cannot tell. */
async function wasUsed(ledger: Ledger, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await ledger.turnoversOf([name], signal)).length > 0;
  } catch (error) {
    if (error instanceof SyncError && NOT_READ.has(error.code)) return true;
    throw error;
  }
}
