/** What Stripe says that its balance is, taken before a sync reads anything: its rows are held against it later. */
import type { BalanceReading } from '../../domain/proof/balance-reading';
import { saveReading } from '../../store/balance-readings';
import type { Connection, EngineDeps } from '../deps';
import { isUnreadNow } from '../reading/unread';

interface OfSync {
  readonly syncId: string;
  readonly instanceId: string;
  readonly sourceId: string;
}

/** @returns null: the key may not read balances, or Stripe does not tell of them now, or in a form that nobody knows */
export async function takeReading(
  { db, log }: Pick<EngineDeps, 'db' | 'log'>,
  sync: OfSync,
  { stripe }: { readonly stripe: Pick<Connection['stripe'], 'readBalance'> },
  signal: AbortSignal,
): Promise<BalanceReading | null> {
  try {
    const reading = await stripe.readBalance(signal);
    await saveReading(db, sync, reading);
    return reading;
  } catch (error) {
    // There is a reading less, and the sync goes on: where all of Stripe is down, the next thing it asks for says so.
    if (!isUnreadNow(error)) throw error;
    const { syncId, instanceId } = sync;
    log.warn({ syncId, instanceId, code: error.code, ...error.details }, 'balance.not_read');
    return null;
  }
}
