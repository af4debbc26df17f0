/** The movements of a sync beside its pay-ins, with the proof that it ended with: part of its report. */
import { kindText } from '../kinds/table';
import { formatAmount } from '../money';
import type { Counts } from '../outcomes';
import { isSound } from '../proof/proof';
import { betweenOf, type CurrencyProofJson } from '../proof/proof-json';
import { PROOF_WORD } from '../proof/proof-line';
import { notReadText } from '../proof/proof-lines';
import { betweenText } from '../proof/proof-sentences';
import { count, formatNumber } from '../text';
import {
  describeMovementOutcomes,
  movementCountsOf,
  movementTotals,
  type MovementCounts,
} from './movement-counts';
import { describeSuspense, type SuspenseReport } from './suspense-sum';

export interface MovementsReport extends MovementCounts {
  /** By kind of movement, those of which there were any. */
  readonly byCategory: Readonly<Record<string, MovementCounts>>;
}

/** Of a report; all of it absent where movements are not carried over. */
export interface MovementParts {
  readonly movements?: MovementsReport;
  /** By currency; absent too where the sync has made none. */
  readonly proof?: Readonly<Record<string, CurrencyProofJson>>;
  readonly suspense?: SuspenseReport;
}

export function movementsOf(legs: Readonly<Record<string, Counts>>): MovementsReport {
  const byCategory = Object.fromEntries(
    Object.entries(legs).map(([kind, counts]) => [kind, movementCountsOf(counts)]),
  );
  return { ...movementTotals(legs), byCategory };
}

/** As lines of a report. */
export function movementTexts({ movements, proof, suspense }: MovementParts): string[] {
  return [
    ...(movements ? [describeMovements(movements)] : []),
    ...Object.entries(proof ?? {}).map(
      ([currency, one]) => `${currency}  ${proofText(currency, one)}`,
    ),
    ...(suspense && suspense.count > 0
      ? [`in suspense ${describeSuspense(suspense)}; see \`suspense list\``]
      : []),
  ];
}

function describeMovements(movements: MovementsReport): string {
  const { found, byCategory } = movements;
  const outcomes = describeMovementOutcomes(movements);
  const kinds = Object.entries(byCategory)
    .sort(([, a], [, b]) => b.found - a.found)
    .map(([kind, counts]) => `${formatNumber(counts.found)} of ${kindText(kind)}`);
  const head = [`${count(found, 'movement')} found`, ...outcomes].join(', ');
  return kinds.length === 0 ? head : `${head} (${kinds.join(', ')})`;
}

/** "Stripe 113.00 = ledger 213.00 - 100.00 (booked, not yet in Stripe): proven": it adds up as it stands there. */
function proofText(currency: string, one: CurrencyProofJson): string {
  const { stripe, ledger, unexplained, state } = one;
  const money = (minor: string | null, word: string) =>
    minor === null ? word : formatAmount(BigInt(minor), currency);
  const between = betweenText(betweenOf(one), currency);
  const held = `ledger ${money(ledger, 'not read')}${between}`;
  const sound = isSound(state);
  const sides = `Stripe ${money(stripe, 'not read')}${sound ? ' =' : ','} ${held}`;
  const rest = sound ? '' : `, unexplained ${money(unexplained, 'not known')}`;
  const why = state === 'not_read' ? `, ${notReadText([one])}` : '';
  return `${sides}${rest}: ${PROOF_WORD[state]}${why}`;
}
