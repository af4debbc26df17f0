/** The rows of `installs` and `install_events`: accesses to ledgers, and the calls of Blnk that made them. */
import { SyncError } from '../domain/errors';
import type { Permission } from '../domain/permissions';
import type { Queries } from './db';
import { endSessions } from './portal-sessions';

export type InstallStatus = 'pending' | 'active' | 'refused' | 'replaced' | 'uninstalled';

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
}

const COLUMNS = `install_id as "installId", origin, app_id as "appId", instance_id as "instanceId",
  blnk_kind as "blnkKind", blnk_url as "blnkUrl", api_key as "apiKey",
  api_key_prefix as "apiKeyPrefix", granted_permissions as permissions, status, problem,
  received_at as "receivedAt", ended_at as "endedAt"`;

/** @returns false when it was taken before */
export async function recordUninstall(
  tx: Queries,
  event: InstallIds & { readonly idempotencyKey: string },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into install_events (idempotency_key, kind, install_id, app_id, instance_id)
     values ($1, 'uninstall', $2, $3, $4) on conflict do nothing returning idempotency_key`,
    [event.idempotencyKey, event.installId, event.appId, event.instanceId],
  );
  return rows.length > 0;
}

/** What makes an install be tried: it is new, or it had begun and ended. */
const REVIVED = `installs.received_at is not null and installs.status not in ('pending', 'active')`;

export interface InstallEvent extends NewInstall, InstallIds {
  readonly appId: string;
  readonly idempotencyKey: string;
}

/** `mismatch`: the id is known with another app or instance. */
export type Recorded = 'taken' | 'repeat' | 'mismatch';

/**
 * Stores installs of the app with all that follows: their events, instances and trials. One statement for
 * all that wait, since the embedded database takes 5 ms and more for each, whatever it holds, and Blnk may
 * call for 200 users at once. After an uninstall that came first, the key is dead and is not kept.
 * @param events of as many different installs and keys
 * @returns in their order
 */
export async function recordInstalls(
  db: Queries,
  events: readonly InstallEvent[],
  balances: { readonly sourceBalance: string; readonly guestBalance: string },
): Promise<Recorded[]> {
  const rows = await db.query<{ key: string; taken: boolean; there: boolean; other: boolean }>(
    // In the order of their keys, so that no two servers wait for each other.
    `with given as (
       select * from jsonb_to_recordset($1::jsonb) as g("idempotencyKey" text, "installId" text,
         "appId" text, "instanceId" text, "blnkKind" text, "blnkUrl" text, "apiKey" text,
         "apiKeyPrefix" text, permissions text[])
       order by "idempotencyKey"
     ), known as (
       select g."installId" from given g join installs i on i.install_id = g."installId"
       where i.instance_id <> g."instanceId" or i.app_id is distinct from g."appId"
     ), event as (
       insert into install_events (idempotency_key, kind, install_id, app_id, instance_id)
       select "idempotencyKey", 'install', "installId", "appId", "instanceId" from given
       where "installId" not in (select "installId" from known)
       on conflict do nothing returning idempotency_key
     ), fresh as (
       select g.* from given g join event e on e.idempotency_key = g."idempotencyKey"
     ), instance as (
       insert into instances (instance_id, source_balance, guest_balance, origin, status)
       select "instanceId", $2, $3, 'app', 'inactive' from fresh on conflict do nothing
     ), install as (
       insert into installs (install_id, origin, app_id, instance_id, blnk_kind, blnk_url, api_key,
         api_key_prefix, granted_permissions, status, received_at)
       select "installId", 'app', "appId", "instanceId", "blnkKind", "blnkUrl", "apiKey",
         "apiKeyPrefix", permissions, 'pending', now() from fresh
       on conflict (install_id) do update
         set received_at = now(), problem = null,
             status = case when ${REVIVED} then 'pending' else installs.status end,
             api_key = case when ${REVIVED} then excluded.api_key end,
             api_key_prefix = excluded.api_key_prefix,
             granted_permissions = excluded.granted_permissions,
             ended_at = case when ${REVIVED} then null else installs.ended_at end
         where installs.status not in ('pending', 'active')
       returning install_id, instance_id, status
     ), intent as (
       insert into intents (kind, instance_id, install_id)
       select 'probe', instance_id, install_id from install where status = 'pending'
     )
     select g."idempotencyKey" as key,
       g."idempotencyKey" in (select idempotency_key from event) as taken,
       exists (select 1 from install_events e where e.idempotency_key = g."idempotencyKey") as there,
       g."installId" in (select "installId" from known) as other
     from given g`,
    [JSON.stringify(events), balances.sourceBalance, balances.guestBalance],
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return events.map(({ idempotencyKey }) => {
    const row = byKey.get(idempotencyKey);
    if (row?.taken) return 'taken';
    // Taken before, or by a call that was quicker by moments.
    return row?.other && !row.there ? 'mismatch' : 'repeat';
  });
}

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
  await db.query(`update installs set problem = $2 where install_id = $1 and status = 'pending'`, [
    installId,
    problem,
  ]);
}
