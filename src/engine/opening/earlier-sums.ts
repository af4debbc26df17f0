/** What stands on the source balance by our own postings, and is no part of what a cut-over begins. Writes nothing. */
import type { FoundCounts } from '../../domain/opening/carried';
import type { GatheredRows } from '../../domain/opening/opening-rows';
import { heldBy, type Turnover } from '../../domain/proof/turnover';
import type { Queries } from '../../store/db';
import { readEarlier, type Beginning, type OpeningPlace, type Sums } from '../../store/earlier';
import { bookedBy, bookedSince, sourcesLeft } from '../../store/left-sums';
import { takenOver, type ListedSince } from '../../store/taken-over';

/** What a plan has found out before. */
export interface BegunWith {
  /** Unix seconds; null: all since the account began, so that nothing of its own is earlier. */
  readonly cutOver: number | null;
  readonly counts: FoundCounts;
  readonly rows: Pick<GatheredRows, 'ids'> | null;
  readonly charged: ReadonlySet<string>;
}

export interface EarlierSums {
  /** Of pay-ins that succeeded before it. */
  readonly payIns: Sums;
  /** What other accounts or keys that were left have brought there, and keep. */
  readonly left: Sums;
}

const NOTHING: Sums = new Map();

/** @param place undefined: the instance was never synced */
export async function readEarlierSums(
  db: Queries,
  place: OpeningPlace | undefined,
  { cutOver, counts, rows, charged }: BegunWith,
): Promise<EarlierSums> {
  if (!place) return { payIns: NOTHING, left: NOTHING };
  if (cutOver === null) return { payIns: NOTHING, left: await ofLeft(db, place) };
  const beginning = { cutOver, foundAt: counts.countedTo };
  const listed = { ids: rows?.ids ?? new Set<string>(), charged };
  return {
    payIns: await readEarlier(db, place, beginning, charged),
    left: await ofLeft(db, place, { ...beginning, listed }),
  };
}

export function earlierIn({ payIns, left }: EarlierSums, currency: string): bigint {
  return (payIns.get(currency) ?? 0n) + (left.get(currency) ?? 0n);
}

async function ofLeft(
  db: Queries,
  place: OpeningPlace,
  beginning?: Beginning & { readonly listed: ListedSince },
): Promise<Sums> {
  const sums = new Map<string, bigint>();
  const add = (currency: string, amount: bigint) =>
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  const addAll = (turnovers: ReadonlyMap<string, Turnover>, sign: 1n | -1n) =>
    turnovers.forEach((booked, currency) => add(currency, sign * heldBy(booked)));
  const left = await sourcesLeft(db, place.sourceId);
  for (const one of left) {
    addAll(await bookedBy(db, one), 1n);
    if (beginning?.foundAt) addAll(await bookedSince(db, one, beginning.foundAt), -1n);
  }
  if (beginning && left.length > 0) {
    const of = { place, beginning, left: left.map(({ sourceId }) => sourceId) };
    for (const { currency, amount } of await takenOver(db, of, beginning.listed)) {
      add(currency, -BigInt(amount));
    }
  }
  return new Map([...sums].filter(([, amount]) => amount !== 0n));
}
