/** From the row of a connected instance to the settings that a sync of it runs with. */
import { isLive } from '../config/settings';
import type { ConnectedConfig, InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import { may, type Grants } from '../domain/permissions';
import { defaultReadsPerSecond } from '../domain/read-budget';
import { ledgerPlace, type Keyring } from '../secrets/keyring';
import type { AccessRow, InstallAccess } from '../store/access';

export interface SyncAccess {
  readonly config: InstanceConfig;
  readonly installId: string;
  readonly grants: Grants;
}

/**
 * @throws SyncError INSTANCE_INACTIVE, BLNK_PERMISSION_MISSING, STRIPE_NOT_CONNECTED,
 * INSTALL_NOT_APPROVED, ENCRYPTION_KEY_UNKNOWN, STORED_KEY_DAMAGED
 */
export function configOf(row: AccessRow, connected: ConnectedConfig, keyring: Keyring): SyncAccess {
  const { instanceId, install } = row;
  // One of the environment is known by its settings, and this process has none of them.
  if (row.origin === 'environment')
    throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  if (!install || row.status !== 'active') {
    throw new SyncError('INSTANCE_INACTIVE', { instance: instanceId });
  }
  if (!may(install.permissions, 'data:write')) {
    throw new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:write' });
  }
  return {
    config: {
      id: instanceId,
      stripe: stripeConfig(connected, stripeOf(row, connected, keyring)),
      blnk: blnkOf(install, keyring, connected.cloudUrl),
      balances: row.balances,
      since: isShared(row, connected) ? connected.shared?.since : parseStored(row.syncSince),
      movements: connected.movements,
    },
    installId: install.installId,
    grants: install.permissions,
  };
}

/**
 * A key of Blnk Cloud goes to the address of the settings, never to one from a row.
 * @throws SyncError ENCRYPTION_KEY_UNKNOWN, STORED_KEY_DAMAGED
 */
export function blnkOf(
  { installId, blnkKind, blnkUrl, apiKey }: InstallAccess,
  keyring: Keyring,
  cloudUrl: URL,
): InstanceConfig['blnk'] {
  return {
    kind: blnkKind,
    url: ledgerUrlOf({ blnkKind, blnkUrl }, cloudUrl),
    apiKey: keyring.open(apiKey, ledgerPlace({ installId, blnkKind })),
  };
}

/** Who can write to the database could else have the key of an app sent to a server of his own. */
export function ledgerUrlOf(
  { blnkKind, blnkUrl }: Pick<InstallAccess, 'blnkKind' | 'blnkUrl'>,
  cloudUrl: URL,
): URL {
  return blnkKind === 'cloud' ? cloudUrl : new URL(blnkUrl);
}

/** A key of a connected instance, read as the settings say. */
export function stripeConfig(
  connected: ConnectedConfig,
  key: Pick<InstanceConfig['stripe'], 'secretKey' | 'livemode'>,
): InstanceConfig['stripe'] {
  const readsPerSecond = connected.readsPerSecond ?? defaultReadsPerSecond(key.livemode);
  return { ...key, apiBase: connected.stripeBase, readsPerSecond };
}

/** Whether the configured Stripe key is what this instance syncs with. */
export function isShared(row: AccessRow, connected: ConnectedConfig): boolean {
  return isBound(row, connected) && isApproved(row);
}

/** Whether a setting means the configured Stripe key for this instance. */
export function isBound(row: AccessRow, connected: ConnectedConfig | undefined): boolean {
  return row.stripeKey === null && connected?.shared?.instances.includes(row.instanceId) === true;
}

/** By a person: whoever gave the key by command, or has compared what Blnk told with what he installed. */
function isApproved({ install, approvedInstall }: AccessRow): boolean {
  return install !== null && (install.appId === null || install.installId === approvedInstall);
}

function stripeOf(row: AccessRow, connected: ConnectedConfig, keyring: Keyring) {
  if (row.stripeKey !== null) {
    const secretKey = keyring.open(row.stripeKey, { owner: row.instanceId, purpose: 'stripe' });
    return { secretKey, livemode: isLive(secretKey.reveal()) };
  }
  if (connected.shared && isShared(row, connected)) {
    const { secretKey, livemode } = connected.shared;
    return { secretKey, livemode };
  }
  throw new SyncError(isBound(row, connected) ? 'INSTALL_NOT_APPROVED' : 'STRIPE_NOT_CONNECTED', {
    instance: row.instanceId,
  });
}

function parseStored(since: string | null): InstanceConfig['since'] {
  if (since === null) return undefined;
  return since === 'all' ? 'all' : Number(since);
}
