/** How many movements, and what has become of them: counted beside the pay-ins of a sync. */
import { addCounts, describeOutcomes, NO_COUNTS, type ByOutcome, type Counts } from '../outcomes';

export interface MovementCounts {
  readonly found: number;
  readonly posted: number;
  readonly alreadyPosted: number;
  readonly setAside: number;
}

export const NO_MOVEMENTS: MovementCounts = movementCountsOf(NO_COUNTS);

export function movementCountsOf({
  found,
  posted,
  alreadyPosted,
  quarantined,
}: Counts): MovementCounts {
  return { found, posted, alreadyPosted, setAside: quarantined };
}

/** @param legs by kind of movement */
export function movementTotals(legs: Readonly<Record<string, Counts>>): MovementCounts {
  return movementCountsOf(Object.values(legs).reduce(addCounts, NO_COUNTS));
}

export function addMovements(a: MovementCounts, b: MovementCounts): MovementCounts {
  const sum = (field: keyof MovementCounts) => a[field] + b[field];
  return {
    found: sum('found'),
    posted: sum('posted'),
    alreadyPosted: sum('alreadyPosted'),
    setAside: sum('setAside'),
  };
}

/** "8 posted, 2 set aside". */
export function describeMovementOutcomes(movements: MovementCounts): string[] {
  return describeOutcomes(outcomesOf(movements));
}

/** None is of before the first day: those are no movements of ours. */
export function outcomesOf({
  posted,
  alreadyPosted,
  setAside: quarantined,
}: MovementCounts): ByOutcome<number> {
  return { posted, alreadyPosted, quarantined, beforeSince: 0 };
}
