/** Whether the ledger is reached and lets us look up what it holds. */
import type { Ledger } from '../domain/ledger';
import type { Probe } from './probe';

/** No PaymentIntent has this id, so nothing is found. */
const NOBODY = 'stripe_sync_probe';

export function blnkReadProbe(ledger: Ledger): Probe {
  return {
    name: 'Blnk read',
    async run(signal) {
      await ledger.lookUp([NOBODY], signal);
      return { ok: true, detail: `transactions can be looked up at ${ledger.address}` };
    },
  };
}
