/**
 * Legs that the ledger holds and our rows have forgotten, as after a lost database: money that had waited for its
 * pay-in, and was applied once that was booked. By what is known now there would be neither of the two.
 */
import { accountOf } from '../domain/accounts';
import type { BalanceTransaction } from '../domain/balance-transaction';
import type { BookedRow } from '../domain/begun-earlier';
import { legsOf } from '../domain/chart';
import { SyncError } from '../domain/errors';
import { appliedLegs } from '../domain/follow-ups';
import { lostLegs, type FinalDispute } from '../domain/kinds/dispute';
import { NOTHING_KNOWN } from '../domain/known';
import type { Chart, Leg } from '../domain/leg';
import type { Ledger } from '../domain/ledger';
import { NOT_READ } from './ledger-side';

/** A row of which nothing is known that would make it wait. */
interface Candidate extends BookedRow {
  /** What had been booked before its pay-in was. */
  readonly waited: Leg;
}

export function mayHaveWaited(chart: Chart, rows: readonly BookedRow[]): Candidate[] {
  const unapplied = accountOf('unapplied', chart.balances);
  return rows.flatMap((row) => {
    const waited = waitingLeg(row.bt, chart, unapplied);
    const isNew =
      waited !== undefined && row.legs.every((leg) => leg.reference !== waited.reference);
    return isNew ? [{ ...row, waited }] : [];
  });
}

/** @returns references of legs that the ledger holds; costs one request where nothing has ever waited */
export async function heldAmong(
  ledger: Ledger,
  chart: Chart,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<string[]> {
  const unapplied = accountOf('unapplied', chart.balances);
  if (!(await wasUsed(ledger, unapplied, signal))) return [];
  const references = candidates.map(({ waited }) => waited.reference);
  const found = references.length === 0 ? [] : await ledger.lookUp(references, signal);
  return found.map(({ reference }) => reference);
}

/** @returns by the id of a balance transaction, of those that have waited: that leg, and what undoes it */
export function waitedLegs(
  chart: Chart,
  candidates: readonly Candidate[],
  there: ReadonlySet<string>,
): ReadonlyMap<string, readonly Leg[]> {
  return new Map(
    candidates
      .filter(({ waited }) => there.has(waited.reference))
      .map(({ bt, known, waited }) => [bt.id, [waited, ...appliedLegs(bt, known, chart)]]),
  );
}

/**
 * Of disputes whose rows come to nothing, those that were booked as lost before the last of them came.
 * @returns their ids; costs nothing where none is to be asked about
 */
export async function forgottenLosses(
  ledger: Ledger,
  chart: Chart,
  disputes: readonly FinalDispute[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const candidates = disputes
    .filter((one) => !one.wasLost && lostLegs(one, chart).length === 0)
    .map((one) => ({ id: one.dispute.id, legs: lostLegs({ ...one, wasLost: true }, chart) }));
  const references = candidates.flatMap(({ legs }) => legs.map(({ reference }) => reference));
  const found = references.length === 0 ? [] : await ledger.lookUp(references, signal);
  const there = new Set(found.map(({ reference }) => reference));
  const wereLost = candidates.filter(({ legs }) => legs.some((leg) => there.has(leg.reference)));
  return new Set(wereLost.map(({ id }) => id));
}

function waitingLeg(bt: BalanceTransaction, chart: Chart, unapplied: string): Leg | undefined {
  const { source } = bt;
  const before = source.object === 'charge' ? { ...source, status: 'pending' } : source;
  return legsOf({ ...bt, source: before }, NOTHING_KNOWN, chart).find(
    ({ leg, from, to }) => leg === 'gross' && (from === unapplied || to === unapplied),
  );
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
