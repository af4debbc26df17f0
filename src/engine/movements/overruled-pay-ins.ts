/**
 * Pay-ins from before SYNC_SINCE by what a listing told, which an event of Stripe has overruled: their money had gone to
 * `@stripe-opening` with the row of their charge, and leaves it again. By what is known once they are booked, that row
 * would have no legs of its own: what is in the ledger would be nobody's, and what has not followed yet never would.
 */
import { accountOf } from '../../domain/movements/accounts';
import type { BookedRow, Ends } from '../../domain/movements/begun-earlier';
import { legsOf } from '../../domain/movements/chart';
import { appliedLegs, overruledLegs } from '../../domain/movements/follow-ups';
import type { EarlierPayIn, Known } from '../../domain/movements/known';
import type { Chart, Leg } from '../../domain/movements/leg';
import type { Queries } from '../../store/db';
import { areUnnamed, endsAlsoHeld, endsBooked, standsOn, type Forgotten } from './booked-ends';
import type { SettledPlace } from './known-of';
import { waitingLegs } from './waiting-money';

interface Candidate {
  /** How its money may have come to the opening balance: each ends with the leg that brought it there. */
  readonly ways: readonly (readonly Leg[])[];
  /** How it leaves it, and what else there is of a pay-in that is booked. */
  readonly follows: readonly Leg[];
}

/**
 * @param rows of one answer, with the legs that they have by what is known now
 * @param forgotten null: it is not asked
 */
export async function withOverruled(
  db: Queries,
  place: SettledPlace,
  rows: readonly BookedRow[],
  forgotten: Forgotten | null,
): Promise<readonly BookedRow[]> {
  const { chart } = place;
  const candidates = new Map(
    rows.flatMap((row): [BookedRow, Candidate][] => {
      const candidate = candidateOf(row, chart);
      return candidate ? [[row, candidate]] : [];
    }),
  );
  if (candidates.size === 0) return rows;
  const ids = [...candidates.keys()].map(({ bt }) => bt.id);
  const known = await endsBooked(db, place, ids);
  const telling = [...candidates.values()].flatMap((one) => [
    ...one.ways.flat(),
    ...one.follows.filter(isBack),
  ]);
  const there = await endsAlsoHeld(forgotten, known, telling);
  return rows.map((row) => {
    const candidate = candidates.get(row);
    const way = candidate?.ways.find((one) => hasGone(one, candidate, chart, there));
    if (!candidate || !way) return row;
    const added = [...way, ...candidate.follows];
    const references = new Set(added.map(({ reference }) => reference));
    return {
      ...row,
      legs: [...row.legs.filter(({ reference }) => !references.has(reference)), ...added],
    };
  });
}

/** A listing tells a payment's time by its charge, which is no earlier than the payment: few were begun before. */
function candidateOf({ bt, known }: BookedRow, chart: Chart): Candidate | undefined {
  const { payIn } = known;
  if (payIn.state !== 'booked' || bt.fault !== null) return undefined;
  if (chart.cutOver === null || (payIn.createdAt ?? chart.cutOver) >= chart.cutOver) {
    return undefined;
  }
  const follows = overruledLegs(bt, known, chart);
  if (follows.length === 0) return undefined;
  const { chargeId, payer } = payIn;
  const earlier: EarlierPayIn = { state: 'earlier', chargeId, payer, isInLedger: false };
  const said: Known = { ...known, payIn: earlier };
  const gross = (legs: readonly Leg[]) => legs.filter(({ leg }) => leg === 'gross');
  return {
    ways: [
      [...gross(waitingLegs(bt, chart)), ...appliedLegs(bt, said, chart)],
      gross(legsOf(bt, said, chart)),
    ],
    follows,
  };
}

/** A ledger that does not name its balances tells by what has left the opening balance again. */
function hasGone(
  way: readonly Leg[],
  { follows }: Candidate,
  { balances }: Chart,
  there: ReadonlyMap<string, Ends>,
): boolean {
  const isInOpening = standsOn(accountOf('opening', balances));
  const last = way.at(-1);
  const ends = last && there.get(last.reference);
  if (!ends) return false;
  if (isInOpening(ends)) return true;
  return areUnnamed(ends) && follows.some((leg) => isBack(leg) && there.has(leg.reference));
}

const isBack = ({ leg }: Leg) => leg === 'opening';
