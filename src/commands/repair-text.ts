/** What a proof names as wrong, as `repair` and `reconcile accept` show it. */
import { SyncError } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { PROOF_ITEMS, type ProofItem } from '../domain/proof/proof-items';
import { PROOF_WORD } from '../domain/proof/proof-line';
import { REMEDY_TEXT, type Repair } from '../domain/proof/remedies';
import type { StoredProof } from '../store/proofs';
import { CALLED } from './verb';

export function headOf({ id, proof }: StoredProof) {
  return { proofNumber: id, proofState: proof.state };
}

export function titleOf({ id, proof }: StoredProof): string {
  return `Proof ${id} is ${PROOF_WORD[proof.state]}.`;
}

export function repairToJson({ item, remedy }: Repair) {
  const { kind, reference, currency, amount, theirs, note } = item;
  return {
    ...{ kind, reference, currency, amount: amount.toString() },
    ...{ theirs: theirs?.toString() ?? null, note, remedy, next: REMEDY_TEXT[remedy] },
  };
}

export function planText(stored: StoredProof, repairs: readonly Repair[]): string {
  return [
    `${titleOf(stored)} What it names as wrong:`,
    ...linesOf(repairs),
    '',
    nextStep(repairs),
  ].join('\n');
}

function nextStep(repairs: readonly Repair[]): string {
  if (repairs.some(({ remedy }) => remedy === 'recount' || remedy === 'post_again')) {
    return `What can be done is done by ${CALLED} repair --apply, and proven by ${CALLED} reconcile`;
  }
  return repairs.every(({ remedy }) => remedy === 'sync')
    ? `A sync does it, and proves it: ${CALLED} reconcile`
    : `Once it is decided, prove it: ${CALLED} reconcile`;
}

export function linesOf(repairs: readonly Repair[]): string[] {
  return repairs.flatMap(({ item, remedy }) => [
    `  ${describeItem(item)}`,
    `    ${REMEDY_TEXT[remedy]}`,
  ]);
}

export function describeItem({ kind, reference, amount, theirs, currency, note }: ProofItem) {
  const other = theirs === null ? '' : `, there ${formatAmount(theirs, currency)}`;
  const said = note === null ? '' : ` (${note})`;
  return `${PROOF_ITEMS[kind].what}: ${reference} ${formatAmount(amount, currency)}${other} ${currency}${said}`;
}

/** The last proof names those that can be accepted or taken back. */
export function notForeign(reference: string): SyncError {
  const next =
    '`proofs show` names the postings of others that the last proof has found, by what to call them.';
  return new SyncError('NOT_FOUND', { 'posting of others': reference }, { next });
}
