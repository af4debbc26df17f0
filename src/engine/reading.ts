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

/** Without them there is a reading less, and the sync goes on. */
const NO_READING = new Set(['STRIPE_PERMISSION_MISSING', 'STRIPE_BAD_ANSWER', 'STRIPE_REFUSED']);

/** @returns null: the key may not read balances, or Stripe tells of them in a form that nobody knows */
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
    if (!(error instanceof SyncError && NO_READING.has(error.code))) throw error;
    const { syncId, instanceId } = sync;
    log.warn({ syncId, instanceId, code: error.code, ...error.details }, 'balance.not_read');
    return null;
  }
}
