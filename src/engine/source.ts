/** Stripe account, mode and ledger are those that the watermark belongs to, or a person has confirmed others. */
import { SyncError } from '../domain/errors';
import { keyFingerprintOf } from '../domain/ids';
import type { Db } from '../store/db';
import {
  currentSource,
  rememberKey,
  switchSource,
  type SourceIdentity,
  type SourceRow,
} from '../store/sources';
import { assertOpen } from '../store/syncs';
import type { Connection } from './deps';

type Side = 'ledger' | 'mode' | 'account';

export interface SourceComparison {
  /** undefined: the instance was never synced. */
  readonly source: SourceRow | undefined;
  /** What is another one now. */
  readonly changed: Side | undefined;
  /** What a sync ends with, unless a person has confirmed it. */
  readonly error?: SyncError;
  /** Whose key it is, if Stripe had to be asked; `id` is null when the key may not read that. */
  readonly account?: { readonly id: string | null; readonly answeredAt: number };
}

/** Writes nothing. Stripe is asked only about a key that is not known. */
export async function compareSource(
  db: Db,
  { config, stripe, ledger }: Connection,
  signal: AbortSignal,
): Promise<SourceComparison> {
  const source = await currentSource(db, config.id);
  if (!source) return { source, changed: undefined };
  const now = { livemode: stripe.livemode, ledgerAddress: ledger.address };
  const differs = (changed: Side, id: string | null) => ({
    ...{ source, changed },
    error: sourceChanged(changed, source, { ...now, stripeAccount: id }),
  });
  if (source.ledgerAddress !== ledger.address) return differs('ledger', null);
  if (source.livemode !== stripe.livemode) return differs('mode', null);
  if (source.keyFingerprint === keyFingerprintOf(config.stripe.secretKey.reveal())) {
    return { source, changed: undefined };
  }
  const account = await stripe.readAccount(signal);
  const isSame = account.id !== null && account.id === source.stripeAccount;
  return isSame
    ? { source, changed: undefined, account }
    : { ...differs('account', account.id), account };
}

/**
 * The source of this run, and Stripe's time if it had to be asked. An idle run does not ask: a key
 * that we know belongs to the account that we know.
 * @param sync who asks, and whether its owner has confirmed a new source
 * @throws SyncError SOURCE_CHANGED, SYNC_NOT_OPEN
 */
export async function checkSource(
  db: Db,
  ends: Connection,
  sync: { readonly syncId: string; readonly accept: boolean },
  signal: AbortSignal,
): Promise<{ source: SourceRow; answeredAt: number | null }> {
  const { config, stripe, ledger } = ends;
  const { source, changed, error, account } = await compareSource(db, ends, signal);
  if (error && !sync.accept) throw error;
  const keyFingerprint = keyFingerprintOf(config.stripe.secretKey.reveal());
  if (source && changed === undefined) {
    if (!account) return { source, answeredAt: null };
    await db.transaction(async (tx) => {
      await assertOpen(tx, sync.syncId);
      await rememberKey(tx, source.sourceId, keyFingerprint);
    });
    return { source: { ...source, keyFingerprint }, answeredAt: account.answeredAt };
  }
  const { id: stripeAccount, answeredAt } = account ?? (await stripe.readAccount(signal));
  const { livemode } = stripe;
  const identity = { stripeAccount, livemode, ledgerAddress: ledger.address, keyFingerprint };
  const switched = await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    return switchSource(tx, config.id, identity);
  });
  return { source: switched, answeredAt };
}

/** What a source would be that is not kept yet. */
export async function readIdentity(
  { config, stripe, ledger }: Connection,
  signal: AbortSignal,
): Promise<SourceIdentity> {
  const { id: stripeAccount } = await stripe.readAccount(signal);
  const keyFingerprint = keyFingerprintOf(config.stripe.secretKey.reveal());
  return {
    stripeAccount,
    livemode: stripe.livemode,
    ledgerAddress: ledger.address,
    keyFingerprint,
  };
}

/** What a source is known by, but its key. */
type SourceSides = Pick<SourceRow, 'stripeAccount' | 'livemode' | 'ledgerAddress'>;

/** Says what it was and what it is: the one thing that tells which of them is the mistake. */
function sourceChanged(changed: Side, before: SourceSides, now: SourceSides): SyncError {
  const show = ({ stripeAccount, livemode, ledgerAddress }: SourceSides) => {
    if (changed === 'ledger') return ledgerAddress;
    if (changed === 'mode') return livemode ? 'live' : 'test';
    return stripeAccount ?? 'unknown';
  };
  return new SyncError('SOURCE_CHANGED', { changed, was: show(before), is: show(now) });
}
