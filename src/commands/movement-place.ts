/** Where the movements of an instance are kept, as the verbs need it that work on them. */
import type { BalanceNames } from '../domain/balances';
import { readInstance } from '../store/instances';
import { findEnabled, type Enabled } from '../store/openings';
import { latestProof, type StoredProof } from '../store/proofs';
import { currentSource, type SourceRow } from '../store/sources';
import type { Db } from '../store/db';
import type { Context } from './context';

export interface MovementPlace {
  readonly db: Db;
  readonly instanceId: string;
  readonly balances: BalanceNames;
  /** undefined: no sync has run yet. */
  readonly source: SourceRow | undefined;
  /** undefined: movements are not carried over. */
  readonly enabled: Enabled | undefined;
}

export async function movementPlace(context: Context): Promise<MovementPlace> {
  const [db, instanceId] = [await context.db(), await context.instanceId()];
  const { balances } = await readInstance(db, instanceId);
  const source = await currentSource(db, instanceId);
  const enabled = source && (await findEnabled(db, source.sourceId));
  return { db, instanceId, balances, source, enabled };
}

/** Of a source that was left, or whose movements are not carried over any more, the last one says nothing now. */
export async function lastProofOf({
  db,
  instanceId,
  source,
  enabled,
}: MovementPlace): Promise<StoredProof | undefined> {
  return source && enabled && latestProof(db, instanceId, source.sourceId);
}

export const NOT_ENABLED =
  'The movements of this instance are not carried over: only pay-ins are booked, and nothing is proven.';

export const HOW_TO_ENABLE = '`movements plan` shows what would be booked.';
