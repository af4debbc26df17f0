/** What a proof names as wrong, as `repair` and `reconcile accept` show it. */
import { SyncError } from '../domain/errors';
import type { ProofItem } from '../domain/proof/proof-items';
import { itemAsJson } from '../domain/proof/proof-json';
import { itemText, PROOF_WORD } from '../domain/proof/proof-line';
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
  const { currency } = item;
  return { ...itemAsJson(item), currency, remedy, next: REMEDY_TEXT[remedy] };
}

export function planText(stored: StoredProof, repairs: readonly Repair[]): string {
  return [
    `${titleOf(stored)} What it names as wrong:`,
    ...linesOf(repairs),
    '',
    nextStep(repairs),
  ].join('\n');
}

/** @param repairs all that the proof names, of which none is left */
export function nothingText(stored: StoredProof, repairs: readonly Repair[]): string {
  return `${titleOf(stored)} ${nothingLeft(stored, repairs)}`;
}

function nothingLeft({ proof }: StoredProof, repairs: readonly Repair[]): string {
  if (repairs.some(({ remedy }) => remedy === 'sync')) return nextStep(repairs);
  if (repairs.length > 0)
    return `What it names was decided since. To prove it: ${CALLED} reconcile`;
  return proof.state === 'broken'
    ? `It names nothing yet that is to be repaired. A sync searches on: ${CALLED} reconcile`
    : 'Nothing is to be repaired.';
}

function nextStep(repairs: readonly Repair[]): string {
  if (repairs.some(({ remedy }) => remedy === 'recount' || remedy === 'post_again')) {
    return `What can be done is done by ${CALLED} repair --apply, and proven by ${CALLED} reconcile`;
  }
  return repairs.every(({ remedy }) => remedy === 'sync')
    ? `A sync does it, and proves it: ${CALLED} reconcile`
    : `Once it is decided, prove it: ${CALLED} reconcile`;
}

/** What `--apply` does nothing about. */
export function leftText(stored: StoredProof, left: readonly Repair[]): string {
  return [
    `${titleOf(stored)} Nothing of it can be repaired by this command.`,
    ...linesOf(left),
    '',
    nextStep(left),
  ].join('\n');
}

export function linesOf(repairs: readonly Repair[]): string[] {
  return repairs.flatMap(({ item, remedy }) => [
    `  ${describeItem(item)}`,
    `    ${REMEDY_TEXT[remedy]}`,
  ]);
}

export function describeItem(item: ProofItem): string {
  return itemText(item, ` ${item.currency}`);
}

/** The last proof names those that can be accepted or taken back. */
export function notForeign(reference: string): SyncError {
  const next =
    '`proofs show` names the postings of others that the last proof has found, by what to call them.';
  return new SyncError('NOT_FOUND', { 'posting of others': reference }, { next });
}
