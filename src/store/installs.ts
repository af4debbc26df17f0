/** The rows of `installs`: accesses to ledgers, on trial, held, in force or over. */
import { SyncError } from '../domain/errors';
import type { Permission } from '../domain/permissions';
import type { Queries } from './db';
import { endSessions } from './portal-sessions';

export type InstallStatus = 'pending' | 'held' | 'active' | 'refused' | 'replaced' | 'uninstalled';

/** The three ids that Blnk gives with every call. */
export interface InstallIds {
  readonly installId: string;
  readonly appId: string;
  readonly instanceId: string;
}

export interface NewInstall {
  readonly installId: string;
  readonly origin: 'app' | 'cli';
  readonly appId: string | null;
  readonly instanceId: string;
  readonly blnkKind: 'cloud' | 'core';
  readonly blnkUrl: string;
  /** Sealed for the install. */
  readonly apiKey: string;
  readonly apiKeyPrefix: string;
  /** null: not told. */
  readonly permissions: readonly Permission[] | null;
}

export interface InstallRow extends Omit<NewInstall, 'apiKey'> {
  /** Sealed; null once it has ended. */
  readonly apiKey: string | null;
  readonly status: InstallStatus;
  readonly problem: string | null;
  /** null: its uninstall came first. */
  readonly receivedAt: Date | null;
  readonly endedAt: Date | null;
  /** Client address of the call; null: it came by command, or before this was kept. */
  readonly receivedFrom: string | null;
}

const COLUMNS = `install_id as "installId", origin, app_id as "appId", instance_id as "instanceId",
  blnk_kind as "blnkKind", blnk_url as "blnkUrl", api_key as "apiKey",
  api_key_prefix as "apiKeyPrefix", granted_permissions as permissions, status, problem,
  received_at as "receivedAt", ended_at as "endedAt", received_from as "receivedFrom"`;

/** A key that a person gave, on trial in the same transaction. */
export async function insertInstall(tx: Queries, install: NewInstall): Promise<void> {
  await tx.query(
    `insert into installs (install_id, origin, app_id, instance_id, blnk_kind, blnk_url, api_key,
       api_key_prefix, granted_permissions, status, received_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', now())
     on conflict (install_id) do update
       set api_key = excluded.api_key, api_key_prefix = excluded.api_key_prefix,
           blnk_kind = excluded.blnk_kind, blnk_url = excluded.blnk_url, status = 'pending',
           granted_permissions = excluded.granted_permissions, problem = null,
           received_at = now(), ended_at = null`,
    [install.installId, install.origin, ...accessOf(install)],
  );
}

/** In the order of the columns from app_id to granted_permissions. */
function accessOf(install: NewInstall): unknown[] {
  const { appId, instanceId, blnkKind, blnkUrl, apiKey, apiKeyPrefix, permissions } = install;
  return [appId, instanceId, blnkKind, blnkUrl, apiKey, apiKeyPrefix, permissions];
}

/** @throws SyncError INSTALL_MISMATCH */
export function assertSame(
  known: InstallRow | undefined,
  { appId, instanceId }: Pick<NewInstall, 'appId' | 'instanceId'>,
): void {
  if (!known || (known.appId === appId && known.instanceId === instanceId)) return;
  throw new SyncError('INSTALL_MISMATCH');
}

export async function findInstall(db: Queries, installId: string): Promise<InstallRow | undefined> {
  const [row] = await db.query<InstallRow>(
    `select ${COLUMNS} from installs where install_id = $1`,
    [installId],
  );
  return row;
}

/** An uninstall whose install has not come: when it comes, it is dead. */
export async function insertTombstone(tx: Queries, ids: InstallIds, blnkUrl: string) {
  await tx.query(
    `insert into installs (install_id, origin, app_id, instance_id, blnk_kind, blnk_url,
       api_key_prefix, status, ended_at)
     values ($1, 'app', $2, $3, 'cloud', $4, '', 'uninstalled', now()) on conflict do nothing`,
    [ids.installId, ids.appId, ids.instanceId, blnkUrl],
  );
}

/** Ends an install: its key is erased, and nobody is in its portal any more. */
export async function endInstall(
  tx: Queries,
  installId: string,
  status: Extract<InstallStatus, 'refused' | 'replaced' | 'uninstalled'>,
  problem?: string,
): Promise<void> {
  await tx.query(
    `update installs set status = $2, api_key = null, problem = $3, ended_at = now()
     where install_id = $1`,
    [installId, status, problem ?? null],
  );
  // The same id may come again, with another key.
  await tx.query(
    `update instances set approved_install = null, version = version + 1 where approved_install = $1`,
    [installId],
  );
  await endSessions(tx, installId);
}

/** @param permissions what the probe has shown, where Blnk did not tell */
export async function activateInstall(
  tx: Queries,
  installId: string,
  permissions: readonly Permission[] | null,
): Promise<void> {
  await tx.query(
    `update installs set status = 'active', problem = null, granted_permissions = $2
     where install_id = $1`,
    [installId, permissions],
  );
}

/** Why the last probe failed; it is tried again. */
export async function noteProblem(db: Queries, installId: string, problem: string): Promise<void> {
  await db.query(
    `update installs set problem = $2 where install_id = $1 and status in ('pending', 'held')`,
    [installId, problem],
  );
}

/** Installs on trial for one instance, from one address, from which on they are many. */
const MANY_PENDING = 6;

/** Whether whoever sent it has sent many for the same instance: all but one of these are forged. */
export async function isCrowded(
  db: Queries,
  { instanceId, receivedFrom }: Pick<InstallRow, 'instanceId' | 'receivedFrom'>,
): Promise<boolean> {
  const rows = await db.query(
    `select 1 from installs where instance_id = $1 and status = 'pending'
       and received_from is not distinct from $2 limit ${MANY_PENDING}`,
    [instanceId, receivedFrom],
  );
  return rows.length === MANY_PENDING;
}

/** Installs on trial from which on those that were tried in vain give way, and how many are left then. */
const FULL = 1_500;
const ROOMY = 1_000;

/**
 * Ends trials that would fill the place of others: of those that were tried in vain, the oldest of the
 * addresses that most have come from. Else who sends many would keep everybody out.
 */
export function makeRoom(db: Queries, full = FULL, roomy = ROOMY): Promise<InstallRow[]> {
  return db.query<InstallRow>(
    `with waiting as (
       select n.install_id, n.received_at, n.problem is not null or i.problem is not null as in_vain,
         count(*) over (partition by n.received_from) as beside
       from installs n join intents i on i.install_id = n.install_id
       where n.status = 'pending' and i.kind = 'probe' and i.done_at is null
     )
     update installs set status = 'refused', api_key = null, ended_at = now()
     where status = 'pending' and install_id = any (array(
       select w.install_id from waiting w
       where w.in_vain and (select count(*) from waiting) > $1
       order by w.beside desc, w.received_at, w.install_id
       limit (select greatest(count(*) - $2, 0) from waiting)))
     returning ${COLUMNS}`,
    [full, roomy],
  );
}

/** @returns false when it is no longer on trial */
export async function holdInstall(
  tx: Queries,
  installId: string,
  problem: string,
): Promise<boolean> {
  const rows = await tx.query(
    `update installs set status = 'held', problem = $2
     where install_id = $1 and status in ('pending', 'held') returning 1`,
    [installId, problem],
  );
  return rows.length > 0;
}

/** What waits for a person's decision, the oldest first. */
export function heldInstalls(db: Queries, instanceId: string): Promise<InstallRow[]> {
  return db.query<InstallRow>(
    `select ${COLUMNS} from installs where instance_id = $1 and status = 'held'
     order by received_at, install_id`,
    [instanceId],
  );
}
