/** Whether the key may post; nothing is posted. */
import type { Ledger } from '../domain/ledger';
import type { Probe } from './probe';

export function blnkWriteProbe(ledger: Ledger): Probe {
  return {
    name: 'Blnk write',
    after: ['Blnk read'],
    async run(signal) {
      await ledger.probeWrite(signal);
      return { ok: true, detail: 'the key may post (an empty posting was refused as invalid)' };
    },
  };
}
