/** What a row of proofs says about an instance: whether somebody has to be told. */
import type { ProofState } from './proof';

const HOUR = 60 * 60;

/** Seconds: for so long nothing may be proven before somebody is told. */
export const STALE_AFTER = 24 * HOUR;

/** Seconds: a broken proof is told after it, though no second one was made. */
export const BROKEN_FOR = HOUR;

export interface PastProof {
  /** Unix seconds. */
  readonly at: number;
  readonly state: ProofState;
}

/**
 * One broken proof may be a row that Stripe lists late; the next run finds it. Proofs that say nothing, since
 * they wait or could not be read, neither end a row of broken ones nor make one longer.
 * @param proofs newest first, at least back to the last one that was proven or explained
 * @param since Unix seconds when movements were enabled
 */
export function proofProblem(
  proofs: readonly PastProof[],
  since: number,
  now: number,
): 'PROOF_BROKEN' | 'PROOF_STALE' | null {
  const telling = proofs.filter(({ state }) => state !== 'waiting' && state !== 'not_read');
  const sound = telling.find(({ state }) => state !== 'broken');
  const broken = sound ? telling.slice(0, telling.indexOf(sound)) : telling;
  const first = broken.at(-1);
  if (first && (broken.length > 1 || now - first.at > BROKEN_FOR)) return 'PROOF_BROKEN';
  return now - (sound?.at ?? since) > STALE_AFTER ? 'PROOF_STALE' : null;
}
