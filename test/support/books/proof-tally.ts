/** What the worlds of a property have shown, for whoever plays many of them. */

type Counts = Map<string, number>;

export interface ProofTally {
  worlds: number;
  proofs: number;
  falselyProven: number;
  /** By kind of fault. */
  readonly planted: Counts;
  readonly named: Counts;
  /** By a run before its proof. */
  readonly madeGood: Counts;
}

export function createTally(): ProofTally {
  const counts = { planted: new Map(), named: new Map(), madeGood: new Map() };
  return { worlds: 0, proofs: 0, falselyProven: 0, ...counts };
}

export function countOne(counts: Counts, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

export function tallyText(tally: ProofTally): string {
  const { worlds, proofs, falselyProven, planted, named, madeGood } = tally;
  const faults = [...planted].map(([kind, count]) => {
    const again = madeGood.get(kind);
    const rest = again === undefined ? '' : `, ${again} made good before a proof`;
    return `  ${kind}: ${count} planted, ${named.get(kind) ?? 0} named${rest}`;
  });
  const counts = `${worlds} worlds, ${proofs} proofs, false "proven": ${falselyProven}`;
  return [counts, ...faults.sort(), ''].join('\n');
}
