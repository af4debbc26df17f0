/** What Stripe says that its balance is, taken before a sync reads anything: its rows are held against it later. */
import type { BalanceReading } from '../domain/balance-reading';
import { SyncError } from '../domain/errors';
import { saveReading } from '../store/balance-readings';
import type { Connection, EngineDeps } from './deps';

interface OfSync {
  readonly syncId: string;
  readonly instanceId: string;
  readonly sourceId: string;
}

/** @returns null: the key may not read balances */
export async function takeReading(
  { db, log }: EngineDeps,
  sync: OfSync,
  { stripe }: Connection,
  signal: AbortSignal,
): Promise<BalanceReading | null> {
  try {
    const reading = await stripe.readBalance(signal);
    await saveReading(db, sync, reading);
    return reading;
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING')) throw error;
    const { syncId, instanceId } = sync;
    log.warn({ syncId, instanceId, ...error.details }, 'balance.not_read');
    return null;
  }
}
