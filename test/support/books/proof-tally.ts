/** What the worlds of a property have shown, for whoever plays many of them. */

type Counts = Map<string, number>;

export interface ProofTally {
  worlds: number;
  proofs: number;
  falselyProven: number;
  /** What else a property counts, by what it is called. */
  readonly others: Counts;
  /** By kind of fault. */
  readonly planted: Counts;
  readonly named: Counts;
  /** By a run before its proof. */
  readonly madeGood: Counts;
}

/** @param others what else is counted */
export function createTally(...others: readonly string[]): ProofTally {
  const counts = { planted: new Map(), named: new Map(), madeGood: new Map() };
  const zeros = new Map(others.map((name) => [name, 0]));
  return { worlds: 0, proofs: 0, falselyProven: 0, others: zeros, ...counts };
}

export function countOne(counts: Counts, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

export function tallyText(tally: ProofTally): string {
  const { worlds, proofs, falselyProven, others, planted, named, madeGood } = tally;
  const sumOf = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const of = (all: number, some: number, again: number) =>
    `${all} planted, ${some} named, ${again} made good before a proof`;
  const kinds = [...planted].map(
    ([kind, count]) => `  ${kind}: ${of(count, named.get(kind) ?? 0, madeGood.get(kind) ?? 0)}`,
  );
  return [
    `${worlds} worlds, ${proofs} proofs, false "proven": ${falselyProven}`,
    ...[...others].map(([name, count]) => `${name}: ${count}`),
    `faults: ${of(sumOf(planted), sumOf(named), sumOf(madeGood))}`,
    ...kinds.sort(),
    '',
  ].join('\n');
}
