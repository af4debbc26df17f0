/**
 * Before anything is read or posted: the settings are those of the first posting, Stripe and the ledger
 * are the ones that the watermark belongs to, and the ledger still holds what we posted last.
 */
import { SyncError } from '../domain/errors';
import { keyFingerprintOf, NOBODY } from '../domain/ids';
import type { InstanceConfig } from '../config';
import type { Ledger } from '../domain/ledger';
import type { Db } from '../store/db';
import { readInstance, type InstanceRow, type InstanceSettings } from '../store/instances';
import { newestInLedger, type InLedger } from '../store/proof';
import {
  currentSource,
  rememberKey,
  switchSource,
  toSeconds,
  type SourceIdentity,
  type SourceRow,
} from '../store/sources';
import { assertOpen } from '../store/syncs';
import type { Connection } from './deps';
import { findGone, type Asking } from './gone';

/** What a test key means by saying nothing: the whole history. A live key has to say it. */
export function instanceSettings(config: InstanceConfig): InstanceSettings {
  const unsaid = config.stripe.livemode ? undefined : 'all';
  return {
    instanceId: config.id,
    sourceBalance: config.sourceBalance,
    guestBalance: config.guestBalance,
    syncSince: (config.since ?? unsaid)?.toString() ?? null,
  };
}

/** @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED */
export async function checkInstance(db: Db, config: InstanceConfig): Promise<InstanceRow> {
  const row = await readInstance(db, config.id);
  const now = instanceSettings(config);
  const settings = [
    ['BLNK_SOURCE_BALANCE', row.sourceBalance, now.sourceBalance],
    ['BLNK_GUEST_BALANCE', row.guestBalance, now.guestBalance],
    ['SYNC_SINCE', row.syncSince, now.syncSince],
  ] as const;
  const changed = settings.find(([, fixed, value]) => fixed !== value);
  if (row.frozen && changed) throw new SyncError('INSTANCE_FROZEN', { setting: changed[0] });
  if (now.syncSince === null) throw new SyncError('SYNC_SINCE_REQUIRED');
  return { ...row, ...now };
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

/**
 * The source of this run, and Stripe's time if it had to be asked. An idle run does not ask: a key
 * that we know belongs to the account that we know.
 * @param sync who asks, and whether its owner has confirmed a new source
 * @throws SyncError SOURCE_CHANGED, SYNC_NOT_OPEN
 */
export async function checkSource(
  db: Db,
  { config, stripe, ledger }: Connection,
  sync: { readonly syncId: string; readonly accept: boolean },
  signal: AbortSignal,
): Promise<{ source: SourceRow; answeredAt: number | null }> {
  const fingerprint = keyFingerprintOf(config.stripe.secretKey.reveal());
  const source = await currentSource(db, config.id);
  const sameLedger = source?.ledgerAddress === ledger.address;
  const sameMode = source?.livemode === stripe.livemode;
  if (source && sameLedger && sameMode && source.keyFingerprint === fingerprint) {
    return { source, answeredAt: null };
  }
  const { id, answeredAt } = await stripe.readAccount(signal);
  if (source && sameLedger && sameMode && id !== null && id === source.stripeAccount) {
    await db.transaction(async (tx) => {
      await assertOpen(tx, sync.syncId);
      await rememberKey(tx, source.sourceId, fingerprint);
    });
    return { source: { ...source, keyFingerprint: fingerprint }, answeredAt };
  }
  if (source && !sync.accept) {
    const what = !sameLedger ? 'ledger' : !sameMode ? 'mode' : 'account';
    throw sourceChanged(what, source, {
      stripeAccount: id,
      livemode: stripe.livemode,
      ledgerAddress: ledger.address,
    });
  }
  const identity: SourceIdentity = {
    stripeAccount: id,
    livemode: stripe.livemode,
    ledgerAddress: ledger.address,
    keyFingerprint: fingerprint,
  };
  const switched = await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    return switchSource(tx, config.id, identity);
  });
  return { source: switched, answeredAt };
}

/** What a source is known by, but its key. */
export type SourceSides = Pick<SourceRow, 'stripeAccount' | 'livemode' | 'ledgerAddress'>;

/** Says what it was and what it is: the one thing that tells which of them is the mistake. */
export function sourceChanged(
  changed: 'ledger' | 'mode' | 'account',
  before: SourceSides,
  now: SourceSides,
): SyncError {
  const show = ({ stripeAccount, livemode, ledgerAddress }: SourceSides) => {
    if (changed === 'ledger') return ledgerAddress;
    if (changed === 'mode') return livemode ? 'live' : 'test';
    return stripeAccount ?? 'unknown';
  };
  return new SyncError('SOURCE_CHANGED', { changed, was: show(before), is: show(now) });
}

/** A ledger that is set back has lost the newest ones: at least one of so many. */
export const NEWEST = 100;

/** Those of our newest postings that the ledger has lost, as after a restore of an old backup. */
export async function findNewestGone(
  db: Db,
  sourceId: string,
  ledger: Ledger,
  asking: Asking,
): Promise<InLedger[]> {
  const newest = await newestInLedger(db, sourceId, NEWEST);
  if (newest.length > 0) return findGone(ledger, newest, asking);
  await ledger.lookUp([NOBODY], asking.signal);
  return [];
}
