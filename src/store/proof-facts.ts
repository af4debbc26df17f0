/** What the rows of an instance say about its proofs, as `proofProblems` wants it. Changes nothing. */
import type { ProofFacts } from '../domain/proof/proof-problems';
import type { Queries } from './db';
import { newestProof, tellingProofs } from './proofs';
import { suspenseSums } from './suspense';

/** The source whose movements are carried over. */
export interface ProvenSource {
  readonly sourceId: string;
  /** Unix seconds since when. */
  readonly since: number;
}

/** A value of SQL; null: its movements are not carried over. @param instance a column or parameter with its id */
export const provenSourceOf = (instance: string) =>
  `(select json_build_object('sourceId', s.source_id, 'since', floor(extract(epoch from s.movements_since))::bigint)
    from sources s where s.instance_id = ${instance} and s.is_current and s.movements_since is not null)`;

/** undefined: no movements of the instance are carried over. */
export async function findProvenSource(
  db: Queries,
  instanceId: string,
): Promise<ProvenSource | undefined> {
  const [row] = await db.query<{ proven: ProvenSource | null }>(
    `select ${provenSourceOf('$1')} as proven`,
    [instanceId],
  );
  return row?.proven ?? undefined;
}

export async function readProofFacts(
  db: Queries,
  instanceId: string,
  { sourceId, since }: ProvenSource,
): Promise<ProofFacts> {
  const own = { instanceId, sourceId };
  const newest = await newestProof(db, own);
  return {
    since,
    proofs: await tellingProofs(db, own),
    newest: newest?.proof ?? null,
    suspense: await suspenseSums(db, sourceId),
  };
}
