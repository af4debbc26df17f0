/**
 * Rows that follow a charge or dispute from before the cut-over, and were booked before Stripe listed that one: as if
 * it had begun with us. What they have brought goes on to where it would have gone at first.
 */
import { accountOf } from './accounts';
import type { BalanceTransaction } from './balance-transaction';
import { isBefore } from './bookable';
import { settlementSide } from './exchange';
import { kindOf } from '../kinds/choice';
import { legReferenceOf } from '../ids';
import type { Known } from './known';
import { between, type Chart, type Leg } from './leg';

/** A row with what is known of it, and the legs that follow from that. */
export interface BookedRow {
  readonly bt: BalanceTransaction;
  readonly known: Known;
  readonly legs: readonly Leg[];
}

/** The two balances of a posting; null: not known. */
export interface Ends {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * What is booked elsewhere where its charge or dispute has begun before the cut-over. A refund is not: its legs are the
 * same, whichever of them the ledger has already.
 */
export const MOVED_ON = ['failed_charge', 'lone_charge', 'dispute'] as const;

/** Of a row since the cut-over. */
export function mayMoveOn({ bt, known }: Omit<BookedRow, 'legs'>, chart: Chart): boolean {
  return known.begunBefore && !isBefore(bt, chart) && isMovedOn(bt);
}

export function isMovedOn(bt: BalanceTransaction): boolean {
  const kind = kindOf(bt);
  return MOVED_ON.some((one) => one === kind);
}

/** References of the legs that tell where the money of a row lies. */
export function tellingOf({ bt: { id } }: Pick<BookedRow, 'bt'>): readonly string[] {
  return TELLING.map((leg) => legReferenceOf(id, leg));
}

/** A part of a charge without a PaymentIntent that was converted has brought the settlement's side alone (`fx2`). */
const TELLING = ['gross', 'fx2', 'lost.fx2', 'lost'] as const;

/**
 * A total function, of a row that may move on.
 * @param there legs that were booked, or will be, by their references
 * @returns its legs as they were booked, and what follows (`.applied`), dated as the row
 */
export function movedOn(
  { bt, known, legs }: BookedRow,
  chart: Chart,
  there: ReadonlyMap<string, Ends>,
): readonly Leg[] {
  const { balances } = chart;
  const [reference] = tellingOf({ bt });
  const [own, converted, ...lost] = tellingOf({ bt }).map((one) => there.get(one));
  // One under another reference is that of a charge that has succeeded, which nothing before the cut-over changes.
  const gross = legs.find((leg) => leg.reference === reference);
  const was = otherEnd(own ?? converted, balances.source);
  const now = otherEnd(gross, balances.source);
  const passing = (['unapplied', 'disputes', 'fx'] as const).map((one) => accountOf(one, balances));
  if (!gross || was === null || now === null || was === now || !passing.includes(was)) return legs;
  const booking = { ...chart, kind: kindOf(bt), bt, known };
  const booked = own ? [withEnd(gross, now, was)] : settlementSide(booking);
  const lies = otherEnd(
    lost.find((ends) => ends !== undefined),
    accountOf('disputes', balances),
  );
  const { amount, currency } = bt;
  const change = { leg: 'applied', amount, currency } as const;
  return [
    ...legs.flatMap((leg) => (leg === gross ? booked : [leg])),
    ...between(booking, change, { name: lies ?? was, also: [] }, { name: now, also: [] }),
  ];
}

function otherEnd(ends: Ends | undefined, one: string): string | null {
  return (ends?.from === one ? ends.to : ends?.from) ?? null;
}

function withEnd(leg: Leg, end: string, other: string): Leg {
  return leg.from === end ? { ...leg, from: other } : { ...leg, to: other };
}
