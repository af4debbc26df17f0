/** The rows of `install_events`: the calls of Blnk about installs, each taken once with all that follows. */
import type { BalanceNames } from '../domain/balances';
import type { Queries } from './db';
import type { InstallIds, NewInstall } from './installs';

/**
 * Under what a call is taken once: its key holds for its own install only, or a call about another one
 * could use it up. Each key begins with the kind of its event.
 */
function eventKey({
  installId,
  idempotencyKey,
}: Pick<InstallEvent, 'installId' | 'idempotencyKey'>) {
  return `${installId} ${idempotencyKey}`;
}

/** @returns false when it was taken before */
export async function recordUninstall(
  tx: Queries,
  event: InstallIds & { readonly idempotencyKey: string },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into install_events (idempotency_key, kind, install_id, app_id, instance_id)
     values ($1, 'uninstall', $2, $3, $4) on conflict do nothing returning idempotency_key`,
    [eventKey(event), event.installId, event.appId, event.instanceId],
  );
  return rows.length > 0;
}

/** On trial, or in force: another call about it changes nothing. */
const STANDING = `'pending', 'held', 'active'`;

/** Installs on trial at a time; forged ones are over within seconds, and no real ones are as many. */
const MOST_PENDING = 2_000;

/** What makes an install be tried: it is new, or it had begun and ended. */
const REVIVED = `installs.received_at is not null and installs.status not in (${STANDING})`;

export interface InstallEvent extends NewInstall, InstallIds {
  readonly appId: string;
  readonly idempotencyKey: string;
  readonly receivedFrom: string | null;
}

/** `mismatch`: the id is known with another app or instance. `full`: too many are on trial. */
export type Recorded = 'taken' | 'repeat' | 'mismatch' | 'full';

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
  balances: BalanceNames,
): Promise<Recorded[]> {
  const keyed = events.map((event) => ({ ...event, idempotencyKey: eventKey(event) }));
  const rows = await db.query<RecordedRow>(
    // In the order of their keys, so that no two servers wait for each other.
    `with given as (
       select * from jsonb_to_recordset($1::jsonb) as g("idempotencyKey" text, "installId" text,
         "appId" text, "instanceId" text, "blnkKind" text, "blnkUrl" text, "apiKey" text,
         "apiKeyPrefix" text, permissions text[], "receivedFrom" text)
       order by "idempotencyKey"
     ), room as (
       select count(*) < ${MOST_PENDING} as left from
         (select 1 from installs where status = 'pending' limit ${MOST_PENDING}) p
     ), known as (
       select g."installId" from given g join installs i on i.install_id = g."installId"
       where i.instance_id <> g."instanceId" or i.app_id is distinct from g."appId"
     ), event as (
       insert into install_events (idempotency_key, kind, install_id, app_id, instance_id)
       select "idempotencyKey", 'install', "installId", "appId", "instanceId" from given
       where "installId" not in (select "installId" from known) and (select r.left from room r)
       on conflict do nothing returning idempotency_key
     ), fresh as (
       select g.* from given g join event e on e.idempotency_key = g."idempotencyKey"
     ), instance as (
       insert into instances (instance_id, source_balance, guest_balance, payout_balance, disputes_lost_balance,
         origin, status)
       select "instanceId", $2, $3, $4, $5, 'app', 'inactive' from fresh on conflict do nothing
     ), install as (
       insert into installs (install_id, origin, app_id, instance_id, blnk_kind, blnk_url, api_key,
         api_key_prefix, granted_permissions, status, received_at, received_from)
       select "installId", 'app', "appId", "instanceId", "blnkKind", "blnkUrl", "apiKey",
         "apiKeyPrefix", permissions, 'pending', now(), "receivedFrom" from fresh
       on conflict (install_id) do update
         set received_at = now(), received_from = excluded.received_from, problem = null,
             status = case when ${REVIVED} then 'pending' else installs.status end,
             api_key = case when ${REVIVED} then excluded.api_key end,
             api_key_prefix = excluded.api_key_prefix,
             granted_permissions = excluded.granted_permissions,
             ended_at = case when ${REVIVED} then null else installs.ended_at end
         where installs.status not in (${STANDING})
       returning install_id, instance_id, status
     ), intent as (
       insert into intents (kind, instance_id, install_id)
       select 'probe', instance_id, install_id from install where status = 'pending'
     )
     select g."idempotencyKey" as key,
       g."idempotencyKey" in (select idempotency_key from event) as taken,
       exists (select 1 from install_events e where e.idempotency_key = g."idempotencyKey") as there,
       g."installId" in (select "installId" from known) as other,
       (select not r.left from room r) as full
     from given g`,
    [
      ...[JSON.stringify(keyed), balances.source, balances.guest],
      ...[balances.payouts ?? null, balances.disputesLost ?? null],
    ],
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return keyed.map(({ idempotencyKey }) => outcomeOf(byKey.get(idempotencyKey)));
}

interface RecordedRow {
  readonly key: string;
  readonly taken: boolean;
  readonly there: boolean;
  readonly other: boolean;
  readonly full: boolean;
}

function outcomeOf(row: RecordedRow | undefined): Recorded {
  if (row?.taken) return 'taken';
  if (row?.there) return 'repeat';
  if (row?.other) return 'mismatch';
  // Neither there nor taken: by a call that was quicker by moments, unless there was no room.
  return row?.full ? 'full' : 'repeat';
}
