/** Whether the ledger is reached and lets us look up what it holds. */
import { NOBODY } from '../domain/ids';
import type { Ledger } from '../domain/ledger';
import type { Probe } from './probe';

const NOT_COMPARED =
  'the key may not read balances (balances:read), so source and destination of what is there are not compared, and nothing is proven';

export function blnkReadProbe(ledger: Ledger): Probe {
  return {
    name: 'Blnk read',
    async run(signal) {
      await ledger.lookUp([NOBODY], signal);
      const names = await ledger.indicatorsOf([NOBODY], signal);
      const detail = `transactions can be looked up at ${ledger.address}`;
      return { ok: true, detail: names ? detail : `${detail}; ${NOT_COMPARED}` };
    },
  };
}
