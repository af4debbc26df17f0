/** Questions of people, by command or in the portal. They change nothing. */
import type { PayIn } from '../domain/pay-in';
import { toReport, type Report } from '../domain/report';
import type { Db } from './db';
import { DECIDED_BY_TIME, sumPages } from './pages';
import { currentSource, type SourceRow } from './sources';
import { findOpenSync, listSyncs, type SyncRow } from './syncs';

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
    last: (await listSyncs(db, instanceId, 10)).find(isOver),
  };
}

function isOver({ status }: SyncRow): boolean {
  return status !== 'running' && status !== 'skipped';
}

/**
 * The counters of a row are written when it is closed: those of a running sync are summed up now.
 * @param link to the run in the Temporal Web UI, when its address is known
 */
export async function readReport(db: Db, row: SyncRow, link: string | null): Promise<Report> {
  if (row.status !== 'running') return toReport(row, link);
  const { found, posted, alreadyPosted, quarantined, beforeSince, amounts, reasons } =
    await sumPages(db, row.syncId);
  const counted: SyncRow = {
    ...row,
    recordsFound: found,
    recordsPosted: posted,
    recordsAlreadyPosted: alreadyPosted,
    recordsQuarantined: quarantined,
    recordsBeforeSince: beforeSince,
    amounts,
    reasons,
  };
  return toReport(counted, link);
}

/** What happened to the pay-ins of one day, in one currency. */
export interface MoneyOfDay {
  /** YYYY-MM-DD, UTC: the day that the posting is dated. */
  readonly day: string;
  /** Upper case. */
  readonly currency: string;
  /** Minor units, and how many pay-ins. */
  readonly inLedger: bigint;
  readonly setAside: bigint;
  readonly countInLedger: number;
  readonly countSetAside: number;
}

/** Money by day and currency from a time on (Unix seconds), oldest first; days without any are left out. */
export async function moneyByDay(db: Db, instanceId: string, from: number): Promise<MoneyOfDay[]> {
  const rows = await db.query<
    Omit<MoneyOfDay, 'inLedger' | 'setAside'> & { inLedger: string; setAside: string }
  >(
    `select to_char(to_timestamp(created_s) at time zone 'UTC', 'YYYY-MM-DD') as day,
       upper(currency) as currency,
       coalesce(sum(amount) filter (where state <> 'quarantined'), 0)::text as "inLedger",
       coalesce(sum(amount) filter (where state = 'quarantined'), 0)::text as "setAside",
       count(*) filter (where state <> 'quarantined') as "countInLedger",
       count(*) filter (where state = 'quarantined') as "countSetAside"
     from pay_ins
     where instance_id = $1 and created_s >= $2 and currency is not null
       and state in ('posted', 'already_posted', 'quarantined')
     group by 1, 2 order by 1, 2`,
    [instanceId, from],
  );
  return rows.map((row) => ({
    ...row,
    inLedger: BigInt(row.inLedger),
    setAside: BigInt(row.setAside),
  }));
}

/** Why pay-ins are set aside, the commonest reason first. */
export async function quarantineReasons(
  db: Db,
  instanceId: string,
): Promise<{ reason: string; count: number }[]> {
  return db.query(
    `select coalesce(reason, 'unknown') as reason, count(*) as count from pay_ins
     where instance_id = $1 and state = 'quarantined' group by 1 order by 2 desc, 1`,
    [instanceId],
  );
}

/** What the next sync of this source takes up from our own table, after the given id. */
export async function backlogIds(
  db: Db,
  sourceId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select payment_intent_id as id from pay_ins
     where source_id = $1 and payment_intent_id > $2
       and (state = 'staged' or (state = 'quarantined' and retry_at <= now()))
     order by payment_intent_id limit $3`,
    [sourceId, after, limit],
  );
  return rows.map((row) => row.id);
}

export interface KnownPayIn {
  readonly id: string;
  /** Staging would pass it over, because it has an outcome already. */
  readonly handled: boolean;
  /** With what was known of it before, as staging keeps it. */
  readonly succeededAt: number | null;
  readonly chargedAt: number | null;
}

/**
 * Those of these pay-ins that have a row, and what staging would make of them.
 * @param listing absent: events, which leave any outcome but one that went by an earlier time; its id
 *   is null when it has not begun
 */
export async function knownPayIns(
  db: Db,
  instanceId: string,
  payIns: readonly PayIn[],
  listing?: { readonly id: string | null },
): Promise<KnownPayIn[]> {
  return db.query(
    `select r.id, greatest(r.succeeded, p.succeeded_s) as "succeededAt",
       coalesce(r.charged, p.charged_s) as "chargedAt",
       p.state <> 'staged' and coalesce(case when $5 then p.listing_id = $6
         else not (${DECIDED_BY_TIME} and (p.succeeded_s is null or r.succeeded > p.succeeded_s))
         end, false) as handled
     from pay_ins p join unnest($2::text[], $3::bigint[], $4::bigint[])
       as r(id, succeeded, charged) on p.payment_intent_id = r.id
     where p.instance_id = $1`,
    [
      instanceId,
      payIns.map((payIn) => payIn.id),
      payIns.map((payIn) => payIn.succeededAt),
      payIns.map((payIn) => payIn.chargedAt),
      listing !== undefined,
      listing?.id ?? null,
    ],
  );
}
