/**
 * The settings of an instance are those of its first posting, or of the beginning of its movements, whichever came
 * first: what was posted with them, or rests on them, cannot be taken back.
 */
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import type { Db } from '../store/db';
import { readInstance, type InstanceRow, type InstanceSettings } from '../store/instances';
import { toSeconds, type SourceRow } from '../store/sources';

/** What a test key means by saying nothing: the whole history. A live key has to say it. */
export function instanceSettings(config: InstanceConfig): InstanceSettings {
  const unsaid = config.stripe.livemode ? undefined : 'all';
  return {
    instanceId: config.id,
    balances: config.balances,
    syncSince: (config.since ?? unsaid)?.toString() ?? null,
  };
}

/** @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED */
export async function checkInstance(db: Db, config: InstanceConfig): Promise<InstanceRow> {
  const row = await readInstance(db, config.id);
  const now = instanceSettings(config);
  const settings = [
    ['BLNK_SOURCE_BALANCE', row.balances.source, now.balances.source],
    ['BLNK_GUEST_BALANCE', row.balances.guest, now.balances.guest],
    ['SYNC_SINCE', row.syncSince, now.syncSince],
  ] as const;
  const ofMovements = [
    ['BLNK_PAYOUT_BALANCE', row.balances.payouts, now.balances.payouts],
    ['DISPUTES_LOST_TO', row.balances.disputesLost, now.balances.disputesLost],
  ] as const;
  const fixed = [...(row.frozen ? settings : []), ...(row.opened ? ofMovements : [])];
  const changed = fixed.find(([, kept, value]) => kept !== value);
  if (changed) throw new SyncError('INSTANCE_FROZEN', { setting: changed[0] });
  if (now.syncSince === null) throw new SyncError('SYNC_SINCE_REQUIRED');
  return { ...row, ...now };
}

/** The same for a command that writes nothing: the row of an instance that nothing has run for is what settings say. */
export async function instanceOf(db: Db, config: InstanceConfig): Promise<InstanceRow> {
  try {
    return await checkInstance(db, config);
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'INSTANCE_UNKNOWN')) throw error;
    return unbound(config);
  }
}

export function unbound(config: InstanceConfig): InstanceRow {
  return { ...instanceSettings(config), frozen: false, opened: false };
}

/**
 * Unix seconds before which pay-ins are not posted; null = post all.
 * @throws SyncError SYNC_SINCE_REQUIRED: what was not said never means all
 */
export function sinceOf(instance: InstanceSettings): number | null {
  if (instance.syncSince === null) throw new SyncError('SYNC_SINCE_REQUIRED');
  return toSeconds(instance.syncSince);
}

/** Whether what was read of a source was planned for another SYNC_SINCE, or leaves payments of old intents out. */
export function isPlannedOtherwise(source: SourceRow, syncSince: string | null): boolean {
  if (source.plannedSince === null) return false;
  const byCharge = toSeconds(syncSince) === null || source.listedByCharge;
  return source.plannedSince !== syncSince || !byCharge;
}
