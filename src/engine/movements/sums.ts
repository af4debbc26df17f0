/**
 * Payments whose rows do not add up to them: the difference, a day after they were read and booked, and what a row that
 * came later changes of it.
 */
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import { diffLegs, type Difference } from '../../domain/movements/difference';
import type { BookedPayIn } from '../../domain/movements/known';
import type { Leg } from '../../domain/movements/leg';
import { kindOf } from '../../domain/kinds/choice';
import { legReferenceOf } from '../../domain/ids';
import type { LedgerEntry } from '../../domain/ledger';
import { may } from '../../domain/permissions';
import { rowsOfPayments } from '../../store/balance-transactions';
import { dueSums } from '../../store/follow-ups';
import { legsByReference } from '../../store/legs';
import { askAbout, type Followed, type Following } from './following';
import { knownOf } from './known-of';
import { lookUpAll } from '../posting/look-up';

export async function followSums(following: Following, limit: number): Promise<Followed> {
  const { deps, place, asks } = following;
  const due = asks ? await dueSums(deps.db, place.sourceId, limit) : [];
  const known = await knownOf(deps.db, place, due);
  const payIns = new Map<string, BookedPayIn>();
  for (const bt of due) {
    const { payIn } = known(bt);
    if (payIn.state === 'booked') payIns.set(payIn.id, payIn);
  }
  const all = await rowsOfPayments(deps.db, place.instanceId, [...payIns.keys()]);
  const before = await differencesOf(following, [...payIns.keys(), ...all.map(({ id }) => id)]);
  const legs: Leg[] = [];
  for (const [id, payIn] of payIns) {
    const own = all.filter((bt) => paymentOf(bt) === id && kindOf(bt) === 'charge');
    const ids = new Set([id, ...own.map((bt) => bt.id)]);
    const booked = before.filter(({ of }) => ids.has(of));
    const made = diffLegs(payIn, own, booked, place.chart);
    const isNew = made.length > booked.filter(({ isForgotten }) => isForgotten).length;
    if (!isNew || (await areAsKept(following, own))) legs.push(...made);
  }
  return { rows: due.map(({ id }) => ({ btId: id, awaits: null })), legs, taken: due.length };
}

/**
 * Whether Stripe tells rows as they are kept: nothing was booked of them by which it would show that somebody has changed
 * one. Where it does not tell, the proof names them, and has them read again.
 */
async function areAsKept(
  following: Following,
  rows: readonly BalanceTransaction[],
): Promise<boolean> {
  const { connection, attempt } = following;
  for (const { id, amount, currency } of rows) {
    const answer = await askAbout(following, id, () =>
      connection.stripe.readTransaction(id, attempt.signal),
    );
    const now = 'told' in answer ? answer.told : undefined;
    if (now?.amount !== amount || now.currency !== currency) return false;
  }
  return true;
}

function paymentOf({ source }: BalanceTransaction): string | null {
  return 'paymentIntentId' in source ? source.paymentIntentId : null;
}

/** @param ids of payments and rows; after a lost database the ledger alone may tell what was booked under them */
async function differencesOf(
  { deps: { db }, place, connection: { ledger, grants }, attempt }: Following,
  ids: readonly string[],
): Promise<Difference[]> {
  const ofReference = new Map(ids.map((id) => [legReferenceOf(id, 'diff'), id]));
  const legs = await legsByReference(db, place, [...ofReference.keys()]);
  const known = new Map(legs.map(({ reference, moves }) => [reference, moves]));
  const others = [...ofReference.keys()].filter((reference) => !known.has(reference));
  const held = may(grants, 'data:read')
    ? await lookUpAll(ledger, others, attempt.signal)
    : new Map<string, null>();
  return [...ofReference].flatMap(([reference, of]): Difference[] => {
    const moves = known.get(reference);
    if (moves !== undefined) return [{ of, moves, isForgotten: false }];
    const forgotten = movedBy(held.get(reference), place.chart.balances.source);
    return forgotten === null ? [] : [{ of, moves: forgotten, isForgotten: true }];
  });
}

/** null: it is none of ours, or does not tell. */
function movedBy(entry: LedgerEntry | null | undefined, source: string): bigint | null {
  if (!entry || entry.status === 'REJECTED' || entry.amount === null) return null;
  if (entry.source === source) return entry.amount;
  return entry.destination === source ? -entry.amount : null;
}
