/** What is known of an instance's proofs, as the overview and their own page show it. */
import { STALE_AFTER } from '../domain/proof/proof-history';
import type { SuspenseSum } from '../domain/movements/suspense-sum';
import { findProvenSource } from '../store/proof-facts';
import { lastTimes, latestProof, type StoredProof } from '../store/proofs';
import { suspenseSums } from '../store/suspense';
import type { PortalDeps, Visit } from './visit';

export interface ProofStanding {
  /** undefined: none was made yet. */
  readonly newest: StoredProof | undefined;
  /** Unix seconds of the last that was proven or explained; null: none was. */
  readonly soundAt: number | null;
  /** The last one is older than a day. */
  readonly isStale: boolean;
  readonly suspense: readonly SuspenseSum[];
}

/** undefined: its movements are not carried over, so nothing is proven. */
export async function readProofStanding(
  { db }: Pick<PortalDeps, 'db'>,
  { session }: Pick<Visit, 'session'>,
  now: Date,
): Promise<ProofStanding | undefined> {
  const { instanceId } = session;
  const proven = await findProvenSource(db, instanceId);
  if (!proven) return undefined;
  const newest = await latestProof(db, instanceId, proven.sourceId);
  const { sound: soundAt } = await lastTimes(db, { instanceId, sourceId: proven.sourceId });
  return {
    ...{ newest, soundAt },
    isStale: soundAt !== null && now.getTime() / 1000 - soundAt > STALE_AFTER,
    suspense: await suspenseSums(db, proven.sourceId),
  };
}
