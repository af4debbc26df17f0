/**
 * Whether a new instance carries over its movements from its first sync on, which nobody has been asked about: where
 * its key may read them, and its source balance holds nothing, or what it has carried over itself before its database
 * was lost. An instance that exists is enabled by a person.
 */
import { legOwnerOf } from '../../domain/opening/carried';
import { SOURCE_BALANCE_UNREAD } from '../../domain/opening/declined';
import { SyncError } from '../../domain/errors';
import { NOBODY } from '../../domain/ids';
import type { Db } from '../../store/db';
import { fixMovementBalances, freezeInstance, type InstanceRow } from '../../store/instances';
import { enableMovements, findOpened, noteDeclined } from '../../store/openings';
import {
  hasOtherSource,
  toSeconds,
  type SourceIdentity,
  type SourceRow,
} from '../../store/sources';
import { assertOpen } from '../../store/syncs';
import { beginningIn, type Beginning } from './carried-before';
import type { Connection, EngineDeps } from '../deps';
import { NOT_READ } from '../proof/ledger-side';
import { lookAtRights, NEEDED_RIGHTS } from '../movements/movement-rights';

type Account = Pick<SourceIdentity, 'stripeAccount' | 'keyFingerprint' | 'livemode'>;

interface FirstSync {
  readonly syncId: string;
  readonly instance: InstanceRow;
  readonly connection: Connection;
}

/**
 * SYNC_SINCE is frozen at once. With a date so is the cut-over, with all that it rests on, and what was held then by a
 * later step (awaited-opening.ts), also where the ledger holds that already. With the whole history there is nothing to
 * open. An idle run asks for nothing here; the first one tries each right that is needed, and whatever is no clear yes
 * leaves it with its pay-ins.
 * @param source as it was found: none of what this sync has changed of it
 * @throws SyncError BLNK_*, SYNC_NOT_OPEN
 */
export async function enableByDefault(
  { db, log }: Pick<EngineDeps, 'db' | 'log'>,
  source: SourceRow,
  { syncId, instance, connection }: FirstSync,
  signal: AbortSignal,
): Promise<void> {
  const { instanceId } = instance;
  if (!connection.config.movements || !(await isNew(db, source, instance))) return;
  const { lacking, begun } = await whatItBeginsWith(connection, source, instance, signal);
  const cutOver = begun ? begun.cutOver : toSeconds(instance.syncSince);
  const place = { instanceId, sourceId: source.sourceId };
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    if (lacking.length > 0) {
      await noteDeclined(tx, source.sourceId, lacking);
      return;
    }
    // The cut-over rests on SYNC_SINCE, and so does that there is none.
    await freezeInstance(tx, instance);
    await fixMovementBalances(tx, instance);
    const awaits = cutOver === null ? null : 'uncertain';
    await enableMovements(tx, { ...place, ...begun?.counts, cutOver, by: null, awaits }, []);
  });
  if (lacking.length > 0) log.warn({ syncId, instanceId, lacking }, 'movements.not_begun');
  else log.info({ syncId, instanceId, cutOver, again: begun !== null }, 'movements.begun');
}

/**
 * Nothing was ever planned for it, nothing is booked, and nobody has enabled it.
 * @param source undefined: no sync has run yet
 */
export async function isNew(
  db: Db,
  source: SourceRow | undefined,
  { instanceId, frozen }: Pick<InstanceRow, 'instanceId' | 'frozen'>,
): Promise<boolean> {
  if (frozen) return false;
  if (!source) return true;
  const { sourceId, watermark, listingId, plannedSince } = source;
  if (watermark !== null || listingId !== null || plannedSince !== null) return false;
  if (await findOpened(db, sourceId)) return false;
  return !(await hasOtherSource(db, instanceId, sourceId));
}

/** What a new instance would begin with, unless something is lacking. */
export interface FirstBeginning {
  /** What keeps it from that, as `lackingText` puts it into words. Empty: nothing. */
  readonly lacking: readonly string[];
  /** What the ledger holds of before. null: nothing. */
  readonly begun: Extract<Beginning, { kind: 'carried' }> | null;
}

/** @throws SyncError BLNK_*, but for a balance that may not be read */
export async function whatItBeginsWith(
  { stripe, ledger }: Pick<Connection, 'stripe' | 'ledger'>,
  account: Account,
  instance: Pick<InstanceRow, 'balances' | 'syncSince'>,
  signal: AbortSignal,
): Promise<FirstBeginning> {
  const found = await beginningOf(ledger, account, instance, signal);
  const lacking = found.kind === 'declined' ? [found.why] : await lackingRights(stripe, signal);
  return { lacking, begun: found.kind === 'carried' ? found : null };
}

/** Of those that are needed, by Stripe's names, with the code where it has said neither yes nor no. */
export async function lackingRights(
  stripe: Connection['stripe'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { lacking, unclear } = await lookAtRights(stripe, signal, NEEDED_RIGHTS);
  return [...lacking, ...unclear.map(({ right, code }) => `${right}: ${code}`)];
}

/** Of a ledger that does not tell, nobody knows. */
async function beginningOf(
  ledger: Connection['ledger'],
  account: Account,
  { balances, syncSince }: Pick<InstanceRow, 'balances' | 'syncSince'>,
  signal: AbortSignal,
): Promise<Beginning> {
  const owner = legOwnerOf(account);
  try {
    return await beginningIn(ledger, { balances, owner }, toSeconds(syncSince), signal);
  } catch (error) {
    if (!(error instanceof SyncError && NOT_READ.has(error.code))) throw error;
    // What is no ledger at all refuses this as well, and nothing is decided by a wrong address.
    if (error.code === 'BLNK_REFUSED') await ledger.lookUp([NOBODY], signal);
    return { kind: 'declined', why: SOURCE_BALANCE_UNREAD };
  }
}
