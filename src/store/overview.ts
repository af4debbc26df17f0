/** Questions of people, by command or in the portal. They change nothing. */
import type { PayIn } from '../domain/pay-in';
import { addCounts, NO_COUNTS, type Counts } from '../domain/outcomes';
import { toReport, type Report } from '../domain/report';
import type { Db } from './db';
import { countsBy } from './outcome-columns';
import { DECIDED_BY_TIME, sumPages } from './pages';
import { currentSource, type SourceRow } from './sources';
import { findLastEnded, findOpenSync, type SyncRow } from './syncs';

/** Where the syncs of an instance stand. */
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

/**
 * The counters of a row are written when it is closed: those of a running sync are summed up now.
 * @param link to the run in the Temporal Web UI, when its address is known
 */
export async function readReport(db: Db, row: SyncRow, link: string | null): Promise<Report> {
  if (row.status !== 'running') return toReport(row, link);
  const { counts, amounts, reasons } = await sumPages(db, row.syncId);
  const open = await countOpenPages(db, row.syncId);
  return toReport({ ...row, counts: addCounts(counts, open), amounts, reasons }, link);
}

/** What is not in the sums yet: pages that were read and wait for the ledger, which may take very long. */
async function countOpenPages(db: Db, syncId: string): Promise<Counts> {
  const [row] = await db.query<{ counts: Counts }>(
    `select ${countsBy((column) => (column === 'found' ? 'count(*)' : `count(*) filter (where p.state = '${column}')`))} as counts
     from sync_pages s join pay_ins p using (page_id)
     where s.sync_id = $1 and (s.state = 'open' or (s.aside and p.state = 'staged'))`,
    [syncId],
  );
  return row?.counts ?? NO_COUNTS;
}

/** Where a reading of the backlog has come to. */
export interface BacklogPlace {
  readonly set: 'staged' | 'due';
  /** Of the last row: its page, or when it is due, and its id. */
  readonly key: string;
  readonly id: string;
}

/** What the next sync of this source takes up from our own table, a page at a time. */
export async function backlogIds(
  db: Db,
  sourceId: string,
  limit: number,
  after: BacklogPlace = { set: 'staged', key: '', id: '' },
): Promise<{ ids: string[]; last: BacklogPlace | undefined }> {
  const [column, condition] =
    after.set === 'staged'
      ? ['page_id', `state = 'staged'`]
      : ['retry_at', `state = 'quarantined' and retry_at <= now()`];
  const type = after.set === 'staged' ? 'text' : 'timestamptz';
  const rows = await db.query<{ id: string; key: string }>(
    `select payment_intent_id as id, ${column}::text as key from pay_ins
     where source_id = $1 and ${condition} and (${column}, payment_intent_id) > ($2::${type}, $3)
     order by ${column}, payment_intent_id limit $4`,
    [sourceId, after.key, after.id, limit],
  );
  const last = rows.at(-1);
  if (last) return { ids: rows.map(({ id }) => id), last: { set: after.set, ...last } };
  if (after.set === 'due') return { ids: [], last: undefined };
  return backlogIds(db, sourceId, limit, { set: 'due', key: '-infinity', id: '' });
}

export interface KnownPayIn {
  readonly id: string;
  /** Staging would pass it over, because it has an outcome already. */
  readonly handled: boolean;
  /** With what was known of it before, as staging keeps it. */
  readonly succeededAt: number | null;
  readonly chargedAt: number | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly reason: string | null;
}

/**
 * Those of these pay-ins that have a row, and what staging would make of them.
 * @param read by events, which leave any outcome but one that went by an earlier time; as part of a listing,
 *   or of the first tail after it, which leave those of their own only
 */
export async function knownPayIns(
  db: Db,
  instanceId: string,
  payIns: readonly PayIn[],
  read: { readonly isEvent: boolean; readonly listing?: string | undefined },
): Promise<KnownPayIn[]> {
  return db.query(
    `select r.id, greatest(r.succeeded, p.succeeded_s) as "succeededAt",
       coalesce(r.charged, p.charged_s) as "chargedAt",
       p.closed_at as "closedAt", p.closed_by as "closedBy", p.reason,
       p.state <> 'staged' and coalesce($6::text is null or p.listing_id = $6, false)
         and not ($5 and coalesce(${DECIDED_BY_TIME}
           and (p.succeeded_s is null or r.succeeded > p.succeeded_s), false)) as handled
     from pay_ins p join unnest($2::text[], $3::bigint[], $4::bigint[])
       as r(id, succeeded, charged) on p.payment_intent_id = r.id
     where p.instance_id = $1`,
    [
      instanceId,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.chargedAt),
      read.isEvent,
      read.listing ?? null,
    ],
  );
}
