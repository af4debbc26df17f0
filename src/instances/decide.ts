/**
 * A person decides about an install: one that is held comes into force or ends, and the one in force may
 * use the configured Stripe key.
 */
import { SyncError } from '../domain/errors';
import { approveInstall, lockAccess, type AccessRow } from '../store/access';
import type { Queries } from '../store/db';
import { endInstall, heldInstalls, type InstallRow } from '../store/installs';
import { addIntent } from '../store/intents';
import { askForLook } from '../store/pauses';
import type { StoreDeps } from './deps';
import { putInForce } from './trial';

/**
 * By whoever runs the program.
 * @param installId undefined: the one that is held, or else the one in force
 * @returns the id of the install
 * @throws SyncError INSTANCE_UNKNOWN, NOT_FOUND, USAGE
 */
export async function approve(
  deps: StoreDeps,
  instanceId: string,
  installId: string | undefined,
): Promise<string> {
  return deps.db.transaction(async (tx) => {
    const access = await lockAccess(tx, instanceId);
    const held = await heldInstalls(tx, instanceId);
    const chosen = chosenOf(access, held, installId);
    const install = held.find((one) => one.installId === chosen);
    if (install) await enforce(tx, deps, install);
    await approveInstall(tx, instanceId, chosen);
    if (!install) await addIntent(tx, { kind: 'settle', instanceId });
    await askForLook(tx, instanceId);
    return chosen;
  });
}

/**
 * By the owner of the instance, who sees what is held. The configured Stripe key is not his to give: for
 * that one whoever runs the program approves the install as well.
 * @throws SyncError INSTANCE_UNKNOWN, NOT_FOUND
 */
export async function approveHeld(
  deps: StoreDeps,
  instanceId: string,
  installId: string,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockAccess(tx, instanceId);
    const held = await heldInstalls(tx, instanceId);
    const install = held.find((one) => one.installId === installId);
    if (!install) throw new SyncError('NOT_FOUND', { install: installId });
    await enforce(tx, deps, install);
    await askForLook(tx, instanceId);
  });
}

/** With what Blnk has granted: a right that does not work shows with the first sync. */
async function enforce(tx: Queries, deps: StoreDeps, install: InstallRow): Promise<void> {
  await putInForce(tx, deps, install, install.permissions);
}

function chosenOf(
  { install, instanceId }: AccessRow,
  held: readonly InstallRow[],
  installId: string | undefined,
): string {
  const known = [...held.map((one) => one.installId), ...(install ? [install.installId] : [])];
  if (installId !== undefined) {
    if (known.includes(installId)) return installId;
    throw new SyncError('NOT_FOUND', { install: installId });
  }
  if (held.length > 1) throw new SyncError('USAGE', { '--install': 'is needed: several are held' });
  const [only] = known;
  if (only === undefined) throw new SyncError('NOT_FOUND', { instance: instanceId });
  return only;
}

/**
 * @param installId undefined: all that are held
 * @returns how many were ended
 * @throws SyncError INSTANCE_UNKNOWN, NOT_FOUND
 */
export async function refuseHeld(
  { db }: StoreDeps,
  instanceId: string,
  installId: string | undefined,
): Promise<number> {
  return db.transaction(async (tx: Queries) => {
    await lockAccess(tx, instanceId);
    const held = await heldInstalls(tx, instanceId);
    const chosen = held.filter((one) => installId === undefined || one.installId === installId);
    if (chosen.length === 0) throw new SyncError('NOT_FOUND', { instance: instanceId });
    for (const one of chosen) {
      await endInstall(tx, one.installId, 'refused', one.problem ?? undefined);
    }
    await askForLook(tx, instanceId);
    return chosen.length;
  });
}
