/** What the proofs of a story have to say of what is planted, and what no proof may say. */
import { EDGE } from '../../src/domain/proof/reading-judgement';
import type { Proof } from '../../src/domain/proof/proof';
import { latestProof } from '../../src/store/proofs';
import { lackingAt, type Beginning } from '../support/books/money-books';
import { countOne, type ProofTally } from '../support/books/proof-tally';
import type { DrivenWorld } from '../support/worlds/driver-world';
import { plant, rootOf, type Fault, type Planted } from './money-faults';

export const isSound = ({ state }: Pick<Proof, 'state'>) =>
  state === 'proven' || state === 'explained';

/** Where Stripe may have cut between the rows that a balance counts and those that it does not. */
const cutsAround = (asOf: number) =>
  Array.from({ length: 2 * EDGE + 1 }, (_, index) => asOf - EDGE + index);

/**
 * A proof of a time at which something had moved the balance that no list had shown yet is a false one. What adds up
 * to nothing at a cut that may be Stripe's has not moved it: a payment and its failure, neither of them listed.
 * @param changedAt Unix seconds: a row that is hidden then was there before, and what is as of before is not judged
 */
export async function expectTrueProof(
  world: DrivenWorld,
  beginning: Beginning,
  tally: ProofTally,
  changedAt = 0,
): Promise<Proof | undefined> {
  const kept = await latestProof(world.db, world.instanceId);
  if (!kept) return undefined;
  const { proof } = kept;
  tally.proofs += 1;
  const falsely = proof.currencies
    .filter((one) => isSound(one) && one.asOf !== null && one.asOf > changedAt)
    .filter(({ currency, asOf }) =>
      cutsAround(asOf!).every((at) => currency in lackingAt(world, beginning, at)),
    );
  if (falsely.length > 0) tally.falselyProven += 1;
  expect(falsely).toEqual([]);
  return proof;
}

/** Runs until a fault of Stripe's balance is judged, and found at the widest. */
const RUNS = 4;

export interface PlantedRuns {
  readonly world: DrivenWorld;
  readonly beginning: Beginning;
  readonly tally: ProofTally;
  readonly run: () => Promise<void>;
}

/**
 * Plants faults in a world in which all is well, and runs until each is named; then nothing stands any more.
 * @returns whether there was anything that could be wrong
 */
export async function nameAll(faults: readonly Fault[], runs: PlantedRuns): Promise<boolean> {
  const { world, tally } = runs;
  const open: Planted[] = [];
  for (const fault of faults) {
    const taken = await withLegs(world, new Set(open.flatMap((one) => one.references.map(rootOf))));
    const made = await plant({ world, taken, open }, fault);
    if (made) open.push(made);
  }
  if (open.length === 0) return false;
  const plantedAt = world.clock.nowSeconds();
  for (const { kind } of open) countOne(tally.planted, kind);
  const standing = new Set(open.filter(({ heals }) => !heals));
  for (let left = RUNS; open.length > 0 && left > 0; left -= 1) {
    await runs.run();
    const proof = await expectTrueProof(world, runs.beginning, tally, plantedAt);
    const items = proof?.currencies.flatMap((one) => one.items) ?? [];
    for (const one of [...open]) {
      const isNamed = one.references.every((reference) =>
        items.some((item) => item.reference === reference && one.kinds.includes(item.kind)),
      );
      const isWell = !isNamed && (await one.isWell());
      if (!isNamed && !isWell) continue;
      countOne(isWell ? tally.madeGood : tally.named, one.kind);
      if (isWell) standing.delete(one);
      open.splice(open.indexOf(one), 1);
    }
    const stands = [...new Set([...standing, ...open])];
    if (proof && isSound(proof) && stands.length > 0) {
      tally.falselyProven += 1;
      expect({ state: proof.state, stands, items }).toBe('not proven');
    }
  }
  expect(open).toEqual([]);
  for (const { undo } of standing) await undo();
  return true;
}

/** Rows and payments, with those that have a leg in common with them: the customer's side of an exchange. */
async function withLegs(
  { db, instanceId }: DrivenWorld,
  roots: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const legs = await db.query<{ id: string; row: string | null }>(
    'select movement_id as id, bt_id as row from movements where instance_id = $1 and leg is not null',
    [instanceId],
  );
  const ends = legs.map(({ id, row }) => [rootOf(id), row ?? rootOf(id)]);
  return new Set([...roots, ...ends.filter((both) => both.some((one) => roots.has(one))).flat()]);
}
