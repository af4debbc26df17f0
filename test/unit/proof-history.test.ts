import {
  BROKEN_FOR,
  proofProblem,
  STALE_AFTER,
  type PastProof,
} from '../../src/domain/proof/proof-history';
import type { ProofState } from '../../src/domain/proof/proof';

const NOW = 1_700_000_000;
const ENABLED = NOW - 30 * STALE_AFTER;
/** Newest first, by the minutes that have passed. */
type Ago = readonly [state: ProofState, minutes: number];
const past = (proofs: readonly Ago[]): PastProof[] =>
  proofs.map(([state, minutes]) => ({ state, at: NOW - minutes * 60 }));
const told = (...proofs: readonly Ago[]) => proofProblem(past(proofs), ENABLED, NOW);

test('nobody is told of what is proven or explained', () => {
  expect(told(['proven', 1])).toBeNull();
  expect(told(['explained', 1], ['broken', 16], ['broken', 31])).toBeNull();
});

test('one broken proof is told only when it has stood for an hour', () => {
  expect(told(['broken', 1], ['proven', 16])).toBeNull();
  expect(told(['broken', BROKEN_FOR / 60], ['proven', 75])).toBeNull();
  expect(told(['broken', BROKEN_FOR / 60 + 1], ['proven', 75])).toBe('PROOF_BROKEN');
});

test('two in a row are told at once, also with a proof between them that says nothing', () => {
  expect(told(['broken', 1], ['broken', 16], ['proven', 31])).toBe('PROOF_BROKEN');
  expect(told(['broken', 1], ['waiting', 16], ['not_read', 17], ['broken', 31])).toBe(
    'PROOF_BROKEN',
  );
  expect(told(['waiting', 1], ['broken', 16], ['broken', 31])).toBe('PROOF_BROKEN');
  expect(told(['broken', 1], ['proven', 16], ['broken', 31])).toBeNull();
});

test('a day without anything proven is told, from the day on that movements were enabled', () => {
  const day = STALE_AFTER / 60;
  expect(told(['waiting', 1], ['proven', day])).toBeNull();
  expect(told(['waiting', 1], ['proven', day + 1])).toBe('PROOF_STALE');
  expect(told(['not_read', 1])).toBe('PROOF_STALE');
  expect(proofProblem([], NOW - STALE_AFTER, NOW)).toBeNull();
  expect(proofProblem([], NOW - STALE_AFTER - 1, NOW)).toBe('PROOF_STALE');
});
