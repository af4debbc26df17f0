/** Whether Stripe account, mode and ledger are those that the watermark belongs to. Writes nothing. */
import type { Connection } from '../engine/deps';
import { compareSource } from '../engine/source';
import type { Db } from '../store/db';
import type { Probe } from './probe';

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
