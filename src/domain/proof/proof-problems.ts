/** What the proofs of an instance, and what stands in suspense, give somebody to do. */
import { areMore, suspenseCount, type SuspenseSum } from '../movements/suspense-sum';
import { proofProblem, type PastProof } from './proof-history';
import { isSound, type CurrencyProof, type ProofState } from './proof';

/** Of an instance whose movements are carried over. */
export interface ProofFacts {
  /** Unix seconds since when they are. */
  readonly since: number;
  /** Newest first, at least back to the last one that was proven or explained. */
  readonly proofs: readonly PastProof[];
  /** null: none was made yet. */
  readonly newest: NewestProof | null;
  readonly suspense: readonly SuspenseSum[];
}

export interface NewestProof {
  /** Unix seconds. */
  readonly at: number;
  readonly state: ProofState;
  readonly currencies: readonly Pick<
    CurrencyProof,
    'currency' | 'state' | 'unexplained' | 'unread'
  >[];
}

export interface ProofProblem {
  readonly problem: 'PROOF_BROKEN' | 'PROOF_STALE' | 'SUSPENSE';
  /** Currencies, and of a proof that says nothing why. */
  readonly codes: readonly string[];
  /** Minor units by currency, as far as they are known. */
  readonly amounts: Readonly<Record<string, string>>;
}

/** @param now Unix seconds */
export function proofProblems(facts: ProofFacts, now: number): ProofProblem[] {
  const told = [ofProofs(facts, now), ofSuspense(facts.suspense)];
  return told.filter((problem) => problem !== null);
}

/** What was proven of a source that was left, or before movements were last enabled, says nothing any more. */
function ofProofs({ since, proofs, newest }: ProofFacts, now: number): ProofProblem | null {
  const own = proofs.filter(({ at }) => at >= since);
  const problem = proofProblem(own, since, now);
  if (problem === null) return null;
  const last = newest !== null && newest.at >= since ? newest : null;
  const unproven = (last?.currencies ?? []).filter(({ state }) => !isSound(state));
  const state = last && last.state !== 'broken' ? [last.state.toUpperCase()] : [];
  const unread = unproven.flatMap((one) => one.unread?.right ?? one.unread?.code ?? []);
  return {
    problem,
    codes: [
      ...(problem === 'PROOF_STALE' ? [...state, ...new Set(unread)] : []),
      ...unproven.map(({ currency }) => currency),
    ],
    amounts: amountsOf(unproven.map((one) => [one.currency, one.unexplained])),
  };
}

function ofSuspense(sums: readonly SuspenseSum[]): ProofProblem | null {
  if (sums.length === 0) return null;
  return {
    problem: 'SUSPENSE',
    codes: sums.map(({ currency }) => currency).filter((currency) => currency !== ''),
    // The money of the newest alone would be taken for that of all.
    amounts: areMore(suspenseCount(sums))
      ? {}
      : amountsOf(sums.map(({ currency, amount }) => [currency, amount])),
  };
}

function amountsOf(
  sums: readonly (readonly [currency: string, amount: bigint | null])[],
): Record<string, string> {
  return Object.fromEntries(
    sums.flatMap(([currency, amount]) =>
      amount === null || currency === '' ? [] : [[currency, amount.toString()]],
    ),
  );
}
