/**
 * Takes what Blnk calls us with: the app was installed or uninstalled. Each call is one transaction and
 * nothing else, so that the answer comes at once and what follows from it survives a crash. Nothing is
 * believed yet: a key is tried on its instance before it replaces anything (trial.ts).
 */
import { SyncError } from '../domain/errors';
import type { Permission } from '../domain/permissions';
import type { Secret } from '../secret';
import { ledgerPlace } from '../secrets/keyring';
import { deactivate, ensureConnectedInstance, lockAccess, noteInstall } from '../store/access';
import { gather } from '../store/gather';
import { recordInstalls, recordUninstall, type InstallEvent } from '../store/install-events';
import {
  assertSame,
  endInstall,
  findInstall,
  insertTombstone,
  type InstallIds,
} from '../store/installs';
import { addIntent, probeAgain } from '../store/intents';
import { isOfEnvironment, type StoreDeps } from './deps';

export interface Uninstall extends InstallIds {
  readonly idempotencyKey: string;
}

export interface Install extends Uninstall {
  /** Client address of the call. */
  readonly client: string;
  readonly apiKey: Secret;
  readonly apiKeyPrefix: string;
  readonly permissions: readonly Permission[];
}

export type Received = 'taken' | 'repeat';

/** A prefix tells keys apart; more of one must not be stored in clear, whatever a caller calls prefix. */
const PREFIX_LENGTH = 12;

/**
 * Takes installs, many of which may be stored by one statement.
 * @returns a function that throws SyncError INSTALL_MISMATCH, REQUESTS_LIMITED
 */
export function installReceiver(deps: StoreDeps): (install: Install) => Promise<Received> {
  const { db, connected, keyring } = deps;
  const record = gather(
    (events: readonly InstallEvent[]) => recordInstalls(db, events, connected.balances),
    ({ installId, idempotencyKey }) => [installId, idempotencyKey],
  );
  return async ({ installId, appId, instanceId, permissions, idempotencyKey, ...given }) => {
    const outcome = await record({
      ...{ installId, appId, instanceId, permissions, idempotencyKey },
      origin: 'app',
      blnkKind: 'cloud',
      blnkUrl: connected.cloudUrl.href,
      apiKey: keyring.seal(given.apiKey, ledgerPlace({ installId, blnkKind: 'cloud' })),
      apiKeyPrefix: given.apiKeyPrefix.slice(0, PREFIX_LENGTH),
      receivedFrom: given.client,
    });
    if (outcome === 'full') throw new SyncError('REQUESTS_LIMITED');
    if (outcome === 'mismatch') throw new SyncError('INSTALL_MISMATCH');
    return outcome;
  };
}

/** @throws SyncError INSTALL_MISMATCH */
export async function receiveUninstall(deps: StoreDeps, uninstall: Uninstall): Promise<Received> {
  const { installId, instanceId } = uninstall;
  return deps.db.transaction(async (tx) => {
    if (!(await recordUninstall(tx, uninstall))) return 'repeat';
    const { balances } = deps.connected;
    const origin = 'app';
    await ensureConnectedInstance(tx, { instanceId, origin, balances });
    // The instance first, as everywhere: two that lock in turn would wait for each other.
    const access = await lockAccess(tx, instanceId);
    assertSame(await findInstall(tx, installId), uninstall);
    await insertTombstone(tx, uninstall, deps.connected.cloudUrl.href);
    await endInstall(tx, installId, 'uninstalled');
    if (access.install?.installId === installId) {
      if (isOfEnvironment(deps, access)) await noteInstall(tx, instanceId, null);
      else await deactivate(tx, instanceId, false);
      await addIntent(tx, { kind: 'settle', instanceId });
      await probeAgain(tx, instanceId);
    }
    return 'taken';
  });
}
