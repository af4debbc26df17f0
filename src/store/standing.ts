/** Where the syncs of an instance stand. Nothing here writes. */
import type { Db } from './db';
import { currentSource, type SourceRow } from './sources';
import { findLastEnded, findOpenSync, type SyncRow } from './syncs';

export interface Standing {
  readonly source: SourceRow | undefined;
  /** A listing of everything is under way: the first one, or after the watermark could not be trusted. */
  readonly listing: boolean;
  /** RFC 3339: everything that Stripe showed as succeeded up to then has been handled. */
  readonly syncedUntil: string | null;
  readonly open: SyncRow | undefined;
  /** The newest that has ended; a skipped run says nothing about what is synced. */
  readonly last: SyncRow | undefined;
}

export async function readStanding(db: Db, instanceId: string): Promise<Standing> {
  const source = await currentSource(db, instanceId);
  const readTo = source?.watermark ?? source?.readTo ?? null;
  return {
    source,
    listing: (source?.listingId ?? null) !== null && readTo === null,
    syncedUntil: readTo === null ? null : new Date(readTo * 1000).toISOString(),
    open: await findOpenSync(db, instanceId),
    last: await findLastEnded(db, instanceId),
  };
}
