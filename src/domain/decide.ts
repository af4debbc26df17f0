/**
 * What to do with a posting, given what the ledger already holds under its references. The only place
 * that decides it. A wrong "post" books money twice, a wrong "there" loses it.
 */
import { queuedChildOf } from './ids';
import type { LedgerEntry } from './ledger';
import type { Posting } from './posting';
import type { ReasonCode } from './reasons';

export type Decision =
  | { readonly kind: 'post' }
  /** In the ledger and equal. `ours`: posted by this very sync, whose worker died before it knew. */
  | { readonly kind: 'there'; readonly ours: boolean; readonly transactionId: string }
  | { readonly kind: 'set_aside'; readonly reason: ReasonCode };

/** All references under which a posting may stand: a look-up asks for each. */
export function referencesOf(posting: Posting): readonly [own: string, child: string] {
  return [posting.reference, queuedChildOf(posting.reference)];
}

export function decide(
  posting: Posting,
  found: ReadonlyMap<string, LedgerEntry>,
  syncId: string,
): Decision {
  const [ownReference, childReference] = referencesOf(posting);
  const own = found.get(ownReference);
  const child = found.get(childReference);
  // Queued mode leaves the parent QUEUED for ever; the child carries the outcome, so it speaks first.
  const applied = [child, own].find((entry) => entry?.status === 'APPLIED');
  if (applied) return compare(posting, applied, syncId);
  const statuses = [own?.status, child?.status].filter((status) => status !== undefined);
  if (statuses.length === 0) return { kind: 'post' };
  if (statuses.includes('REJECTED')) return { kind: 'set_aside', reason: 'REFERENCE_BURNT' };
  if (statuses.every((status) => status === 'QUEUED')) {
    return { kind: 'set_aside', reason: 'REFERENCE_PENDING' };
  }
  return { kind: 'set_aside', reason: 'CONFLICT' };
}

function compare(posting: Posting, entry: LedgerEntry, syncId: string): Decision {
  const equal =
    entry.amount === posting.amount &&
    entry.currency === posting.currency &&
    (entry.precision === null || entry.precision === posting.precision) &&
    (entry.customerId === null || entry.customerId === posting.metadata.stripe_customer_id);
  if (!equal) return { kind: 'set_aside', reason: 'CONFLICT' };
  return { kind: 'there', ours: entry.syncId === syncId, transactionId: entry.transactionId };
}
