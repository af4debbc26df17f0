/** A problem as an alert in Blnk Cloud: on the transaction in conflict, else on the balance of pay-ins. */
import { createCloudAlerts, wasRefused } from '../blnk/cloud-alerts';
import { createLedger } from '../blnk/ledger';
import type { SyncError } from '../domain/errors';
import { pairOf, referenceOf, secondReferenceOf } from '../domain/ids';
import { intendToRaise, type Telling } from '../store/alert-channels';
import { accessOf, type AlertAccess, type AlertDeps } from './deps';
import { alertText } from './text';

export type CloudOutcome =
  | { readonly kind: 'told'; readonly anomalyId: string | null }
  /** There is nothing yet that it could be put on, or no access. */
  | { readonly kind: 'not_yet' }
  /** It was sent, and has certainly not been raised. */
  | { readonly kind: 'refused'; readonly fault: SyncError }
  /** Somebody else has taken it meanwhile. */
  | { readonly kind: 'lost' };

/** @throws SyncError BLNK_*: an alert that was sent may have been raised all the same */
export async function tellCloud(
  deps: AlertDeps,
  telling: Telling,
  signal: AbortSignal,
): Promise<CloudOutcome> {
  const { instanceId, anomalyId, closedAt } = telling;
  const access = await accessOf(deps, instanceId);
  if (access?.blnk.kind !== 'cloud') return { kind: 'not_yet' };
  const alerts = createCloudAlerts({ ...access.blnk, ...deps.limits, instanceId });
  if (closedAt !== null) {
    if (anomalyId !== null) await alerts.update(anomalyId, alertText(telling), signal);
    return { kind: 'told', anomalyId: null };
  }
  const place =
    (await transactionInConflict(telling, access, signal)) ??
    (await alerts.findBalance(access.sourceBalance, signal));
  if (place === undefined) return { kind: 'not_yet' };
  if (!(await intendToRaise(deps.db, telling))) return { kind: 'lost' };
  try {
    return { kind: 'told', anomalyId: await alerts.raise(place, alertText(telling), signal) };
  } catch (error) {
    if (wasRefused(error)) return { kind: 'refused', fault: error };
    throw error;
  }
}

/** The one under the payment's own reference, where several hold it. */
async function transactionInConflict(
  { instanceId, subject, problem }: Telling,
  { blnk }: AlertAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (problem !== 'CONFLICT') return undefined;
  const own = referenceOf(subject);
  const references = [...pairOf(own), ...pairOf(secondReferenceOf(own))];
  const found = await createLedger({ id: instanceId, blnk }).lookUp(references, signal);
  const byReference = new Map(found.map((entry) => [entry.reference, entry.transactionId]));
  return references.map((one) => byReference.get(one)).find((id) => id !== undefined);
}
