/** The rows of `instances`: what is fixed for a ledger once the first pay-in has been posted to it. */
import type { BalanceNames } from '../domain/balances';
import { SyncError } from '../domain/errors';
import type { Db, Queries } from './db';

export interface InstanceRow {
  readonly instanceId: string;
  readonly balances: BalanceNames;
  /** 'all', Unix seconds as text, or null: not said. */
  readonly syncSince: string | null;
  readonly frozen: boolean;
  /** Movements have begun, and the names of the balances that only they are booked to are fixed as well. */
  readonly opened: boolean;
}

export type InstanceSettings = Omit<InstanceRow, 'frozen' | 'opened'>;

/** The names as one value. */
export const BALANCES = `json_strip_nulls(json_build_object('source', source_balance, 'guest', guest_balance,
  'payouts', payout_balance, 'disputesLost', disputes_lost_balance)) as balances`;

const COLUMNS = `instance_id as "instanceId", ${BALANCES},
  sync_since as "syncSince", frozen_at is not null as frozen,
  exists (select from sources s where s.instance_id = instances.instance_id
    and s.movements_opened_at is not null) as opened`;

/**
 * Creates the instance of the environment, or brings it up to the settings as long as nothing was
 * posted. One that was connected before is the environment's from now on.
 */
export async function ensureInstance(db: Db, settings: InstanceSettings): Promise<void> {
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance, sync_since)
     values ($1, $2, $3, $4)
     on conflict (instance_id) do update
       set source_balance = excluded.source_balance, guest_balance = excluded.guest_balance,
           sync_since = excluded.sync_since
     where instances.frozen_at is null`,
    [settings.instanceId, settings.balances.source, settings.balances.guest, settings.syncSince],
  );
  await db.query(
    `update instances set origin = 'environment', status = 'active', removed_at = null,
       version = version + 1
     where instance_id = $1 and (origin <> 'environment' or status <> 'active')`,
    [settings.instanceId],
  );
}

/** @throws SyncError INSTANCE_UNKNOWN */
export async function readInstance(db: Db, instanceId: string): Promise<InstanceRow> {
  const [row] = await db.query<InstanceRow>(
    `select ${COLUMNS} from instances where instance_id = $1`,
    [instanceId],
  );
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  return row;
}

/** Whether anything was ever posted for it. */
export async function hasPosted(db: Db, instanceId: string): Promise<boolean> {
  const rows = await db.query(
    'select 1 from instances where instance_id = $1 and frozen_at is not null',
    [instanceId],
  );
  return rows.length > 0;
}

/** Writes the row as it is: fails as every other write would. */
export async function tryWrite(db: Db, instanceId: string): Promise<void> {
  await db.query('update instances set version = version where instance_id = $1', [instanceId]);
}

/** From here on these values are fixed; another process may have written its own meanwhile. */
export async function freezeInstance(tx: Queries, settings: InstanceSettings): Promise<void> {
  const { instanceId, balances, syncSince } = settings;
  await tx.query(
    `update instances set source_balance = $2, guest_balance = $3, sync_since = $4,
       frozen_at = now()
     where instance_id = $1 and frozen_at is null`,
    [instanceId, balances.source, balances.guest, syncSince],
  );
}

/** Fixes the names of the balances that only movements are booked to, once, before they begin. */
export async function fixMovementBalances(
  tx: Queries,
  { instanceId, balances }: InstanceSettings,
): Promise<void> {
  await tx.query(
    `update instances set payout_balance = $2, disputes_lost_balance = $3
     where instance_id = $1 and not exists (select from sources s
       where s.instance_id = $1 and s.movements_opened_at is not null)`,
    [instanceId, balances.payouts ?? null, balances.disputesLost ?? null],
  );
}

/** No sync of it begins until the transaction ends: its row refers to this one. @throws SyncError INSTANCE_UNKNOWN */
export async function lockInstance(tx: Queries, instanceId: string): Promise<void> {
  const rows = await tx.query('select 1 from instances where instance_id = $1 for update', [
    instanceId,
  ]);
  if (rows.length === 0) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
}
