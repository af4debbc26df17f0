/**
 * With what access an instance syncs: the columns of `instances` beside its settings, and the install
 * that is in force. Every change counts `version` up, so that whoever holds a copy notices.
 */
import type { BalanceNames } from '../domain/balances';
import { SyncError } from '../domain/errors';
import type { Queries } from './db';
import type { InstallStatus, NewInstall } from './installs';
import { BALANCES, type InstanceRow } from './instances';

export interface AccessRow extends Omit<InstanceRow, 'opened'> {
  readonly origin: 'environment' | 'app' | 'cli';
  readonly status: 'active' | 'inactive';
  readonly version: number;
  readonly removedAt: Date | null;
  /** When it syncs, in UTC; null: as the settings say. */
  readonly cron: string | null;
  /** The access in force; null of an inactive instance and of one of the environment. */
  readonly install: InstallAccess | null;
  /** Sealed; null: no Stripe account is connected. */
  readonly stripeKey: string | null;
  readonly stripeAccount: string | null;
  /** As its owner calls it. */
  readonly stripeName: string | null;
  readonly stripeLivemode: boolean | null;
  readonly stripeConfirmedAt: Date | null;
  /** The install that may use the configured Stripe key; null: none was approved. */
  readonly approvedInstall: string | null;
  /** The newest install that is not in force: on trial, or why it was refused. */
  readonly candidate: Candidate | null;
  /** Whether all movements of its Stripe account are carried over, and so proven. */
  readonly isProven: boolean;
}

/** The key is sealed. */
export type InstallAccess = Omit<NewInstall, 'origin' | 'instanceId'>;

export interface Candidate {
  readonly installId: string;
  readonly status: Extract<InstallStatus, 'pending' | 'held' | 'refused'>;
  readonly problem: string | null;
}

const SELECT = `select i.instance_id as "instanceId", i.origin, i.status, i.version,
    ${BALANCES},
    i.sync_since as "syncSince", i.frozen_at is not null as frozen,
    i.removed_at as "removedAt", i.cron, i.approved_install as "approvedInstall", i.stripe_key as "stripeKey", i.stripe_account as "stripeAccount",
    i.stripe_name as "stripeName",
    i.stripe_livemode as "stripeLivemode", i.stripe_confirmed_at as "stripeConfirmedAt",
    case when n.install_id is not null then jsonb_build_object('installId', n.install_id,
      'appId', n.app_id, 'blnkKind', n.blnk_kind, 'blnkUrl', n.blnk_url, 'apiKey', n.api_key,
      'apiKeyPrefix', n.api_key_prefix, 'permissions', n.granted_permissions) end as install,
    case when c.install_id is not null then jsonb_build_object('installId', c.install_id,
      'status', c.status, 'problem', c.problem) end as candidate,
    exists (select from sources s where s.instance_id = i.instance_id and s.is_current
      and s.movements_since is not null) as "isProven"
  from instances i
  left join installs n on n.install_id = i.install_id
  left join lateral (
    select install_id, status, problem, received_at from installs
    where instance_id = i.instance_id and status in ('pending', 'held', 'refused')
    order by received_at desc, install_id limit 1
  ) c on n.received_at is null or c.received_at >= n.received_at`;

export async function findAccess(db: Queries, instanceId: string): Promise<AccessRow | undefined> {
  const [row] = await db.query<AccessRow>(`${SELECT} where i.instance_id = $1`, [instanceId]);
  return row;
}

/** By id; removed ones too. */
export function listAccess(db: Queries): Promise<AccessRow[]> {
  return db.query<AccessRow>(`${SELECT} order by i.instance_id`);
}

/**
 * Locks the row until the transaction ends: no access changes meanwhile, and no sync opens.
 * @throws SyncError INSTANCE_UNKNOWN
 */
export async function lockAccess(tx: Queries, instanceId: string): Promise<AccessRow> {
  await tx.query('select 1 from instances where instance_id = $1 for update', [instanceId]);
  const row = await findAccess(tx, instanceId);
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  return row;
}

/** A row for an instance that Blnk or a person names first; nothing syncs before access is in force. */
export async function ensureConnectedInstance(
  tx: Queries,
  instance: {
    readonly instanceId: string;
    readonly origin: 'app' | 'cli';
    readonly balances: BalanceNames;
  },
): Promise<void> {
  await tx.query(
    `insert into instances (instance_id, source_balance, guest_balance, origin, payout_balance,
       disputes_lost_balance, status)
     values ($1, $2, $3, $4, $5, $6, 'inactive') on conflict do nothing`,
    [
      ...[instance.instanceId, instance.balances.source, instance.balances.guest, instance.origin],
      ...[instance.balances.payouts ?? null, instance.balances.disputesLost ?? null],
    ],
  );
}

export interface StripeAccess {
  /** Sealed for the instance. */
  readonly key: string;
  readonly account: string | null;
  readonly name: string | null;
  readonly livemode: boolean;
}

/** @param since stored unless it is fixed, by the first posting or by a cut-over */
export async function saveStripe(
  tx: Queries,
  instanceId: string,
  stripe: StripeAccess,
  since: string | null,
): Promise<void> {
  await tx.query(
    `update instances set stripe_key = $2, stripe_account = $3, stripe_livemode = $4,
       stripe_name = $6, stripe_confirmed_at = now(), version = version + 1,
       sync_since = case when frozen_at is null then $5 else sync_since end
     where instance_id = $1`,
    [instanceId, stripe.key, stripe.account, stripe.livemode, since, stripe.name],
  );
}

/** Counts one more Stripe key that was tried. @returns how many within the hour since the first of them */
export async function countKeyTry(db: Queries, instanceId: string): Promise<number> {
  const [row] = await db.query<{ tries: number }>(
    `update instances set
       key_tries = case when key_tries_since > now() - interval '1 hour' then key_tries + 1 else 1 end,
       key_tries_since = case when key_tries_since > now() - interval '1 hour'
         then key_tries_since else now() end
     where instance_id = $1 returning key_tries as tries`,
    [instanceId],
  );
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  return row.tries;
}

/** @param cron null: as the settings say */
export async function saveCron(
  tx: Queries,
  instanceId: string,
  cron: string | null,
): Promise<void> {
  await tx.query('update instances set cron = $2, version = version + 1 where instance_id = $1', [
    instanceId,
    cron,
  ]);
}

/** Puts an install in force. Access to Stripe is given to nobody by an install, so it ends here. */
export async function enforceInstall(
  tx: Queries,
  instanceId: string,
  installId: string,
  origin: 'app' | 'cli',
): Promise<void> {
  await tx.query(
    `update instances set install_id = $2, origin = $3, status = 'active', removed_at = null,
       ${NO_STRIPE}, version = version + 1
     where instance_id = $1`,
    [instanceId, installId, origin],
  );
}

/** Ends all access; what was synced, and how far, stays. */
export async function deactivate(tx: Queries, instanceId: string, removed: boolean): Promise<void> {
  await tx.query(
    `update instances set install_id = null, status = 'inactive', ${NO_STRIPE},
       removed_at = case when $2 then now() else removed_at end, version = version + 1
     where instance_id = $1`,
    [instanceId, removed],
  );
}

const NO_STRIPE = `stripe_key = null, stripe_account = null, stripe_livemode = null,
  stripe_name = null, stripe_confirmed_at = null`;

/** Its owner takes the access to Stripe back; from when on is booked stays as it was. */
export async function forgetStripe(tx: Queries, instanceId: string): Promise<void> {
  await tx.query(
    `update instances set ${NO_STRIPE}, version = version + 1 where instance_id = $1`,
    [instanceId],
  );
}

/** An instance of the environment keeps its own keys; an install is only noted. */
export async function noteInstall(
  tx: Queries,
  instanceId: string,
  installId: string | null,
): Promise<void> {
  await tx.query(
    'update instances set install_id = $2, version = version + 1 where instance_id = $1',
    [instanceId, installId],
  );
}

/** A person has seen that this install is the instance's own: it may use the configured Stripe key. */
export async function approveInstall(
  tx: Queries,
  instanceId: string,
  installId: string,
): Promise<void> {
  await tx.query(
    'update instances set approved_install = $2, version = version + 1 where instance_id = $1',
    [instanceId, installId],
  );
}

/** A sync that posts. */
interface PostingSync {
  readonly syncId: string;
  readonly instanceId: string;
  /** The install whose key it began with; null: the key is in the environment. */
  readonly installId: string | null;
}

/**
 * Whether a sync is open still, and its instance may post with the access that it began with. It holds nobody up: asked
 * so often, it locks no row.
 * @throws SyncError SYNC_NOT_OPEN, INSTANCE_INACTIVE
 */
export async function assertMayPost(db: Queries, sync: PostingSync): Promise<void> {
  const { syncId, instanceId, installId } = sync;
  const [row] = await db.query<{ isOpen: boolean; isInForce: boolean }>(
    `select exists (select from stripe_syncs where sync_id = $1 and status = 'running') as "isOpen",
       exists (select from instances where instance_id = $2 and status = 'active'
         and (origin = 'environment' or install_id is not distinct from $3)) as "isInForce"`,
    [syncId, instanceId, installId],
  );
  if (row?.isOpen !== true) throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
  if (!row.isInForce) throw new SyncError('INSTANCE_INACTIVE', { instance: instanceId });
}
