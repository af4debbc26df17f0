/** Whether Stripe account, mode and ledger are those that the watermark belongs to. Writes nothing. */
import type { Connection } from '../activities/deps';
import { SyncError } from '../domain/errors';
import { keyFingerprintOf } from '../domain/ids';
import type { Db } from '../store/db';
import { currentSource, type SourceRow } from '../store/sources';
import type { Probe } from './probe';

export interface SourceComparison {
  /** undefined: the instance was never synced. */
  readonly source: SourceRow | undefined;
  /** What is another one now. */
  readonly changed: 'ledger' | 'mode' | 'account' | undefined;
}

/** Decides as the beginning of a sync does; Stripe is asked only about a key that is not known. */
export async function compareSource(
  db: Db,
  { config, stripe, ledger }: Connection,
  signal: AbortSignal,
): Promise<SourceComparison> {
  const source = await currentSource(db, config.id);
  if (!source) return { source, changed: undefined };
  if (source.ledgerAddress !== ledger.address) return { source, changed: 'ledger' };
  if (source.livemode !== stripe.livemode) return { source, changed: 'mode' };
  if (source.keyFingerprint === keyFingerprintOf(config.stripe.secretKey.reveal())) {
    return { source, changed: undefined };
  }
  const { id } = await stripe.readAccount(signal);
  const same = id !== null && id === source.stripeAccount;
  return { source, changed: same ? undefined : 'account' };
}

export function sourceProbe(open: () => Promise<Db>, ends: Connection): Probe {
  return {
    name: 'source',
    after: ['database', 'Stripe key'],
    async run(signal) {
      const { source, changed } = await compareSource(await open(), ends, signal);
      if (changed !== undefined) throw new SyncError('SOURCE_CHANGED', { changed });
      if (!source) return { ok: true, detail: 'not synced yet' };
      return { ok: true, detail: 'the same Stripe account, mode and ledger as before' };
    },
  };
}
