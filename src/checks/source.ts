/** Whether Stripe account, mode and ledger are those that the watermark belongs to. Writes nothing. */
import type { Connection } from '../engine/deps';
import { sourceChanged } from '../engine/source';
import type { SyncError } from '../domain/errors';
import { keyFingerprintOf } from '../domain/ids';
import type { Db } from '../store/db';
import { currentSource, type SourceRow } from '../store/sources';
import type { Probe } from './probe';

export interface SourceComparison {
  /** undefined: the instance was never synced. */
  readonly source: SourceRow | undefined;
  /** What is another one now. */
  readonly changed: 'ledger' | 'mode' | 'account' | undefined;
  /** What a sync would end with. */
  readonly error?: SyncError;
}

/** Decides as the beginning of a sync does; Stripe is asked only about a key that is not known. */
export async function compareSource(
  db: Db,
  { config, stripe, ledger }: Connection,
  signal: AbortSignal,
): Promise<SourceComparison> {
  const source = await currentSource(db, config.id);
  if (!source) return { source, changed: undefined };
  const now = { livemode: stripe.livemode, ledgerAddress: ledger.address };
  const differs = (changed: 'ledger' | 'mode' | 'account', id: string | null) => ({
    ...{ source, changed },
    error: sourceChanged(changed, source, { ...now, stripeAccount: id }),
  });
  if (source.ledgerAddress !== ledger.address) return differs('ledger', null);
  if (source.livemode !== stripe.livemode) return differs('mode', null);
  if (source.keyFingerprint === keyFingerprintOf(config.stripe.secretKey.reveal())) {
    return { source, changed: undefined };
  }
  const { id } = await stripe.readAccount(signal);
  const same = id !== null && id === source.stripeAccount;
  return same ? { source, changed: undefined } : differs('account', id);
}

export function sourceProbe(open: () => Promise<Db>, ends: Connection): Probe {
  return {
    name: 'source',
    after: ['database', 'Stripe key'],
    async run(signal) {
      const { source, error } = await compareSource(await open(), ends, signal);
      if (error) throw error;
      if (!source) return { ok: true, detail: 'not synced yet' };
      return { ok: true, detail: 'the same Stripe account, mode and ledger as before' };
    },
  };
}
