/** Everything that can be asked of Stripe and Blnk without a database: what a new key must pass. */
import type { Connection } from '../activities/deps';
import { blnkReadProbe } from './blnk-read';
import { blnkWriteProbe } from './blnk-write';
import type { Probe } from './probe';
import { stripeKeyProbe } from './stripe-key';
import { stripePermissionProbes } from './stripe-permissions';

export function endProbes({ config, stripe, ledger }: Connection): Probe[] {
  return [
    stripeKeyProbe(stripe),
    ...stripePermissionProbes(stripe, typeof config.since === 'number'),
    blnkReadProbe(ledger),
    blnkWriteProbe(ledger),
  ];
}
