/**
 * Rows that follow a charge or dispute from before the cut-over, and were booked before Stripe listed that one: as if
 * it had begun with us. What they have brought goes on to where it would have gone at first.
 */
import { accountOf } from './accounts';
import type { BalanceTransaction } from './balance-transaction';
import { kindOf } from './kinds/choice';
import { legReferenceOf } from './ids';
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

/** References of the legs that tell where the money of a row lies. */
export function tellingOf({ bt: { id } }: Pick<BookedRow, 'bt'>): readonly string[] {
  return (['gross', 'lost.fx2', 'lost'] as const).map((leg) => legReferenceOf(id, leg));
}

/**
 * A total function.
 * @param there legs that were booked, or will be, by their references
 * @returns its legs as they were booked, and what follows (`.applied`), dated as the row
 */
export function movedOn(
  { bt, known, legs }: BookedRow,
  chart: Chart,
  there: ReadonlyMap<string, Ends>,
): readonly Leg[] {
  const { balances } = chart;
  const [unapplied, disputes] = [accountOf('unapplied', balances), accountOf('disputes', balances)];
  const [own, ...lost] = tellingOf({ bt }).map((reference) => there.get(reference));
  const gross = legs.find(({ leg }) => leg === 'gross');
  const was = otherEnd(own, balances.source);
  const now = otherEnd(gross, balances.source);
  if (!gross || now === null || was === now || (was !== unapplied && was !== disputes)) return legs;
  const lies = otherEnd(
    lost.find((ends) => ends !== undefined),
    disputes,
  );
  const { amount, currency } = bt;
  const booking = { ...chart, kind: kindOf(bt), bt, known };
  const change = { leg: 'applied', amount, currency } as const;
  return [
    ...legs.map((leg) => (leg === gross ? withEnd(leg, now, was) : leg)),
    ...between(booking, change, { name: lies ?? was, also: [] }, { name: now, also: [] }),
  ];
}

function otherEnd(ends: Ends | undefined, one: string): string | null {
  return (ends?.from === one ? ends.to : ends?.from) ?? null;
}

function withEnd(leg: Leg, end: string, other: string): Leg {
  return leg.from === end ? { ...leg, from: other } : { ...leg, to: other };
}
