/**
 * Whether a new instance carries over its movements from its first sync on, which nobody has been asked about: where
 * its key may read them and nothing stands on its source balance. An instance that exists is enabled by a person.
 */
import { SOURCE_BALANCE_UNREAD, SOURCE_BALANCE_USED } from '../domain/declined';
import { SyncError } from '../domain/errors';
import type { Db } from '../store/db';
import { fixMovementBalances, freezeInstance, type InstanceRow } from '../store/instances';
import { enableMovements, findOpened, noteDeclined } from '../store/openings';
import { hasOtherSource, toSeconds, type SourceRow } from '../store/sources';
import { assertOpen } from '../store/syncs';
import type { Connection, EngineDeps } from './deps';
import { NOT_READ } from './ledger-side';
import { lookAtRights, NEEDED_RIGHTS } from './movement-rights';

interface FirstSync {
  readonly syncId: string;
  readonly instance: InstanceRow;
  readonly connection: Connection;
}

/**
 * SYNC_SINCE is frozen at once. With a date so is the cut-over, with all that it rests on, and what was held then by a later step
 * (awaited-opening.ts). With the whole history there is nothing to open. An idle run asks for nothing here; the first
 * one tries each right that is needed, and whatever is no clear yes leaves it with its pay-ins.
 * @param source as it was found: none of what this sync has changed of it
 * @throws SyncError BLNK_*, SYNC_NOT_OPEN
 */
export async function enableByDefault(
  { db, log }: Pick<EngineDeps, 'db' | 'log'>,
  source: SourceRow,
  { syncId, instance, connection }: FirstSync,
  signal: AbortSignal,
): Promise<void> {
  const { config, stripe, ledger } = connection;
  const { instanceId } = instance;
  if (!config.movements || !(await isNew(db, source, instance))) return;
  const standing = await standingOn(ledger, instance.balances.source, signal);
  const lacking = standing === null ? await lackingNow(stripe, signal) : [standing];
  const cutOver = toSeconds(instance.syncSince);
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
    await enableMovements(tx, { ...place, cutOver, by: null, awaits }, []);
  });
  if (lacking.length > 0) log.warn({ syncId, instanceId, lacking }, 'movements.not_begun');
  else log.info({ syncId, instanceId, cutOver }, 'movements.begun');
}

/** Nothing was ever planned for it, nothing is booked, and nobody has enabled it. */
async function isNew(db: Db, source: SourceRow, { instanceId, frozen }: InstanceRow) {
  const { sourceId, watermark, listingId, plannedSince } = source;
  if (frozen || watermark !== null || listingId !== null || plannedSince !== null) return false;
  if (await findOpened(db, sourceId)) return false;
  return !(await hasOtherSource(db, instanceId, sourceId));
}

/** By Stripe's names, with the code where it has said neither yes nor no. */
async function lackingNow(stripe: Connection['stripe'], signal: AbortSignal): Promise<string[]> {
  const { lacking, unclear } = await lookAtRights(stripe, signal, NEEDED_RIGHTS);
  return [...lacking, ...unclear.map(({ right, code }) => `${right}: ${code}`)];
}

/** What stands on the balance already, a person has to look at. @returns null: nothing does */
async function standingOn(
  ledger: Connection['ledger'],
  sourceBalance: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const balances = await ledger.turnoversOf([sourceBalance], signal);
    const isUnused = balances.every(({ debits, credits }) => debits === 0n && credits === 0n);
    return isUnused ? null : SOURCE_BALANCE_USED;
  } catch (error) {
    if (error instanceof SyncError && NOT_READ.has(error.code)) return SOURCE_BALANCE_UNREAD;
    throw error;
  }
}
