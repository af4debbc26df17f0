/** What alerts are found and told with, and the access that one instance gives for it. */
import type { Client } from '@temporalio/client';
import type { InstanceConfig } from '../config';
import { may, type Grants } from '../domain/permissions';
import { blnkOf } from '../instances/config-of';
import type { Limits, Served } from '../instances/registry';
import type { Logger } from '../logger';
import type { Secret } from '../secret';
import type { Keyring } from '../secrets/keyring';
import { findAccess } from '../store/access';
import type { Channel, ServedIds } from '../store/alerts';
import type { Db } from '../store/db';

export interface AlertDeps {
  readonly db: Db;
  readonly served: Served;
  /** Opens the keys of connected instances; undefined: the settings allow none. */
  readonly keyring: Keyring | undefined;
  /** @throws SyncError TEMPORAL_UNAVAILABLE */
  readonly temporal: () => Promise<Client>;
  /** It may hold a token of its receiver, so it is shown nowhere. */
  readonly webhook: Secret | undefined;
  readonly log: Logger;
  readonly limits?: Limits;
}

export interface AlertAccess {
  readonly blnk: InstanceConfig['blnk'];
  readonly grants: Grants;
  /** Where pay-ins come from. */
  readonly sourceBalance: string;
}

export function servedIds(deps: AlertDeps, only?: string): ServedIds {
  return { own: deps.served.instance?.id, connected: deps.keyring !== undefined, only };
}

/** undefined: no access is in force. @throws SyncError ENCRYPTION_KEY_UNKNOWN, STORED_KEY_DAMAGED */
export async function accessOf(
  { db, served, keyring }: AlertDeps,
  instanceId: string,
): Promise<AlertAccess | undefined> {
  const { instance } = served;
  if (instance?.id === instanceId) {
    return { blnk: instance.blnk, grants: null, sourceBalance: instance.balances.source };
  }
  const row = await findAccess(db, instanceId);
  if (!keyring || !served.connected || !row?.install || row.status !== 'active') return undefined;
  const { install, balances } = row;
  return {
    blnk: blnkOf(install, keyring, served.connected.cloudUrl),
    grants: install.permissions,
    sourceBalance: balances.source,
  };
}

/** Where the problems of an instance can be told: what an alert is put on has to be looked up first. */
export function channelsOf(deps: AlertDeps, access: AlertAccess | undefined): Channel[] {
  const rights = ['alerts:write', 'data:read'] as const;
  const isCloud = access?.blnk.kind === 'cloud' && rights.every((one) => may(access.grants, one));
  return [...(isCloud ? ['cloud' as const] : []), ...webhookOf(deps)];
}

export function webhookOf({ webhook }: AlertDeps): Channel[] {
  return webhook ? ['webhook'] : [];
}
