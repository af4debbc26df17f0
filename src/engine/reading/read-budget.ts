/** Reading Stripe within its limits: who reads for an instance, and the warning before it has read too much. */
import type { InstanceConfig } from '../../config';
import { keyFingerprintOf } from '../../domain/ids';
import { currentSource } from '../../store/sources';
import type { Reader } from '../../store/stripe-budget';
import { readAllocationOnceADay } from '../../store/stripe-reads';
import type { EngineDeps } from '../deps';

export function readerOf({ id, stripe }: Pick<InstanceConfig, 'id' | 'stripe'>): Reader {
  const { secretKey, livemode, readsPerSecond } = stripe;
  const keyFingerprint = keyFingerprintOf(secretKey.reveal());
  return { instanceId: id, keyFingerprint, livemode, readsPerSecond };
}

/** Once a day and account: counting is not for every sync, and a line in every sync would be overlooked. */
export async function warnOfReads({ db, log }: EngineDeps, instanceId: string): Promise<void> {
  const source = await currentSource(db, instanceId);
  const reads = source && (await readAllocationOnceADay(db, source));
  if (!reads?.warning) return;
  const { last30Days, allocation } = reads;
  log.warn({ instanceId, last30Days, allocation }, 'stripe.reads_nearly_spent');
}
