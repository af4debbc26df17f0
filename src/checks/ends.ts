/** What must be right for a sync to get through: asked by `check`, and before a pause of ours is lifted. */
import type { Connection } from '../engine/deps';
import { may } from '../domain/permissions';
import type { Db } from '../store/db';
import { findEnabled } from '../store/openings';
import { currentSource } from '../store/sources';
import { blnkReadProbe } from './blnk-read';
import { blnkWriteProbe } from './blnk-write';
import type { Probe } from './probe';
import { settingsProbe } from './settings';
import { sourceProbe } from './source';
import { stripeKeyProbe } from './stripe-key';
import { stripePermissionProbes } from './stripe-permissions';

/** Everything that can be asked of Stripe and Blnk without a database. */
function endProbes(
  { config, stripe, ledger, grants }: Connection,
  withMovements: boolean,
): Probe[] {
  return [
    stripeKeyProbe(stripe),
    ...stripePermissionProbes(stripe, typeof config.since === 'number', withMovements),
    // Without this right it posts all the same, and says what it could not compare.
    ...(may(grants, 'data:read') ? [blnkReadProbe(ledger)] : []),
    blnkWriteProbe(ledger),
  ];
}

/**
 * @param open undefined: there is no database to compare with
 * @param withMovements whether they are carried over (`carriesMovements`)
 */
export function syncProbes(
  ends: Connection,
  open: (() => Promise<Db>) | undefined,
  withMovements: boolean,
): Probe[] {
  return [
    ...endProbes(ends, withMovements),
    ...(open ? [sourceProbe(open, ends)] : []),
    settingsProbe(ends.config, open),
  ];
}

/** A database that cannot be asked has a probe of its own, which says so. */
export async function carriesMovements(
  open: () => Promise<Db>,
  instanceId: string,
): Promise<boolean> {
  try {
    const db = await open();
    const source = await currentSource(db, instanceId);
    return source !== undefined && (await findEnabled(db, source.sourceId)) !== undefined;
  } catch {
    return false;
  }
}
