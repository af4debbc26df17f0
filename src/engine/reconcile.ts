/** reconcile: holds the ledger against Stripe. */
import type { ProofState } from '../domain/proof';
import type { Attempt } from './attempt';
import type { Connection, EngineDeps } from './deps';

export interface ReconcileInput {
  readonly instanceId: string;
  readonly syncId: string;
}

export type ReconcileResult =
  { readonly kind: 'done'; readonly state: ProofState | null } | { readonly kind: 'again' };

export async function reconcile(
  _deps: EngineDeps,
  _input: ReconcileInput,
  _connection: Connection,
  _attempt: Attempt,
): Promise<ReconcileResult> {
  return { kind: 'done', state: null };
}
