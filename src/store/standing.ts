/** Where the syncs of an instance stand. Nothing here writes. */
import type { Db } from './db';
import { currentSource, type SourceRow } from './sources';
import { findLastEnded, findOpenSync, type SyncRow } from './syncs';

export interface Standing {
  readonly source: SourceRow | undefined;
  /** The first full listing, or one after the watermark could not be trusted, is under way. */
  readonly listing: boolean;
  /** RFC 3339: everything that Stripe showed as succeeded up to then has been handled. */
  readonly syncedUntil: string | null;
  readonly open: SyncRow | undefined;
  /** The newest that has ended; a skipped run says nothing about what is synced. */
  readonly last: SyncRow | undefined;
}

export async function readStanding(db: Db, instanceId: string): Promise<Standing> {
  const source = await currentSource(db, instanceId);
  const watermark = source?.watermark ?? null;
  return {
    source,
    listing: source?.watermark === null && source.listingId !== null,
    syncedUntil: watermark === null ? null : new Date(watermark * 1000).toISOString(),
    open: await findOpenSync(db, instanceId),
    last: await findLastEnded(db, instanceId),
  };
}
