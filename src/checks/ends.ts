/** What must be right for a sync to get through: asked by `check`, and before a pause of ours is lifted. */
import type { Connection } from '../engine/deps';
import { may } from '../domain/permissions';
import type { Db } from '../store/db';
import { blnkReadProbe } from './blnk-read';
import { blnkWriteProbe } from './blnk-write';
import type { Probe } from './probe';
import { settingsProbe } from './settings';
import { sourceProbe } from './source';
import { stripeKeyProbe } from './stripe-key';
import { stripePermissionProbes } from './stripe-permissions';

/** Everything that can be asked of Stripe and Blnk without a database. */
function endProbes({ config, stripe, ledger, grants }: Connection): Probe[] {
  return [
    stripeKeyProbe(stripe),
    ...stripePermissionProbes(stripe, typeof config.since === 'number'),
    // Without this right it posts all the same, and says what it could not compare.
    ...(may(grants, 'data:read') ? [blnkReadProbe(ledger)] : []),
    blnkWriteProbe(ledger),
  ];
}

/** @param open undefined: there is no database to compare with */
export function syncProbes(ends: Connection, open: (() => Promise<Db>) | undefined): Probe[] {
  return [
    ...endProbes(ends),
    ...(open ? [sourceProbe(open, ends)] : []),
    settingsProbe(ends.config, open),
  ];
}
