/** What the worlds of a property have shown, for whoever plays many of them. */

type Counts = Map<string, number>;

export interface ProofTally {
  worlds: number;
  proofs: number;
  falselyProven: number;
  /** By kind of fault. */
  readonly planted: Counts;
  readonly named: Counts;
}

export function createTally(): ProofTally {
  return { worlds: 0, proofs: 0, falselyProven: 0, planted: new Map(), named: new Map() };
}

export function countOne(counts: Counts, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

export function tallyText({ worlds, proofs, falselyProven, planted, named }: ProofTally): string {
  const faults = [...planted].map(
    ([kind, count]) => `  ${kind}: ${count} planted, ${named.get(kind) ?? 0} named`,
  );
  const counts = `${worlds} worlds, ${proofs} proofs, false "proven": ${falselyProven}`;
  return [counts, ...faults.sort(), ''].join('\n');
}
