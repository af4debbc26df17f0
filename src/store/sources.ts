/** The rows of `sources`: which Stripe account and ledger an instance's watermark belongs to. */
import { accountKeyOf, sourceIdOf } from '../domain/ids';
import { ROW_FEEDS, type Feed } from '../domain/feeds';
import { LOOK_BACK_EVERY, tailStartOfListing, watermarkAfterTail } from '../domain/window';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';
import type { DoneTail } from './windows';

export interface SourceIdentity {
  /** null: the key may not read its own account's id. */
  readonly stripeAccount: string | null;
  readonly livemode: boolean;
  readonly ledgerAddress: string;
  readonly keyFingerprint: string;
}

export interface SourceRow extends SourceIdentity {
  readonly sourceId: string;
  /** Of the feed of successes; null: everything is to be listed. */
  readonly watermark: number | null;
  /**
   * After a pause: up to then everything was read, and the events since are gone. The listing that follows need not
   * go further back. null: nothing is known of what was read.
   */
  readonly readTo: number | null;
  readonly listingId: string | null;
  readonly listingStartedAt: number | null;
  /** null: every posting is in doubt, and the ledger has to be asked for all of them (store/proof.ts). */
  readonly provenAt: Date | null;
  /** SYNC_SINCE (as in `instances`) that watermark and listing were planned for. */
  readonly plannedSince: string | null;
  /** The listing that the next tail is the first one after; null: a tail was read since. */
  readonly firstTailOf: string | null;
  /** Stripe's time of the last tail that looked back. */
  readonly lookedBackAt: number | null;
  /** By the database's clock the next tail has to look back. */
  readonly lookBackDue: boolean;
  /** With SYNC_SINCE: the listing was planned by the time of the charges, whatever a payment's age. */
  readonly listedByCharge: boolean;
}

/** The feed whose watermark the next tail starts from. */
const SUCCESSES: Feed = 'events';

/** The feeds of the balance, which have a reading of their own: store/row-reading.ts. */
const OF_ROWS = `('${ROW_FEEDS.join("', '")}')`;

/** @param row the alias of a row of `sources` */
export function watermarkOf(row: string): string {
  return `(select at_s from watermarks w where w.source_id = ${row}.source_id and w.feed = '${SUCCESSES}')`;
}

const COLUMNS = `source_id as "sourceId", stripe_account as "stripeAccount", livemode,
  ledger_address as "ledgerAddress", key_fingerprint as "keyFingerprint", ${watermarkOf('sources')} as watermark,
  read_to_s as "readTo", listing_id as "listingId", listing_started_at as "listingStartedAt",
  planned_since as "plannedSince", proven_at as "provenAt", first_tail_of as "firstTailOf",
  looked_back_at as "lookedBackAt",
  coalesce(look_back_saved_at < now() - make_interval(secs => ${LOOK_BACK_EVERY}), true) as "lookBackDue",
  listed_by_charge as "listedByCharge"`;

export async function currentSource(
  db: Queries,
  instanceId: string,
): Promise<SourceRow | undefined> {
  const [row] = await db.query<SourceRow>(
    `select ${COLUMNS} from sources where instance_id = $1 and is_current`,
    [instanceId],
  );
  return row;
}

/** Whether the instance has, or had, another account or ledger. */
export async function hasOtherSource(
  db: Queries,
  instanceId: string,
  sourceId: string,
): Promise<boolean> {
  const [row] = await db.query<{ there: boolean }>(
    `select exists (select from sources where instance_id = $1 and source_id <> $2) as there`,
    [instanceId, sourceId],
  );
  return row?.there ?? false;
}

/**
 * Makes this the instance's source. A source that was left once lists everything again. What the first
 * posting of another account or mode has fixed is open again until this one's: a test account's
 * SYNC_SINCE, all, would book the whole history of the live account.
 */
export async function switchSource(
  db: Queries,
  instanceId: string,
  identity: SourceIdentity,
): Promise<SourceRow> {
  // Without an account id the key itself is all that tells accounts apart.
  const account = accountKeyOf(identity.stripeAccount, identity.keyFingerprint);
  const sourceId = sourceIdOf(instanceId, account, identity.livemode, identity.ledgerAddress);
  const [left] = await db.query<Pick<SourceRow, 'stripeAccount' | 'livemode'>>(
    `update sources set is_current = false where instance_id = $1 and is_current
     returning stripe_account as "stripeAccount", livemode`,
    [instanceId],
  );
  const [row] = await db.query<SourceRow>(
    `insert into sources (source_id, instance_id, stripe_account, livemode, ledger_address,
       key_fingerprint, is_current)
     values ($1, $2, $3, $4, $5, $6, true)
     on conflict (source_id) do update
       set is_current = true, key_fingerprint = excluded.key_fingerprint, listing_id = null, listing_started_at = null, proven_at = null, first_tail_of = null,
           looked_back_at = null, look_back_saved_at = null, read_to_s = null, rows_listing_id = null, rows_listing_at = null
     returning ${COLUMNS}`,
    [
      sourceId,
      instanceId,
      identity.stripeAccount,
      identity.livemode,
      identity.ledgerAddress,
      identity.keyFingerprint,
    ],
  );
  if (!row) throw new Error('insert returned no row');
  await db.query('delete from watermarks where source_id = $1', [sourceId]);
  const sameAccount = left?.livemode === row.livemode && left.stripeAccount === row.stripeAccount;
  if (left && !sameAccount) {
    await db.query(
      `update instances set frozen_at = least(
         (select posted_at from movements
          where source_id = $2 and state in ${IN_LEDGER_STATES} and posted_at is not null
          order by posted_at nulls first, updated_at limit 1),
         -- One that is taken over, or set aside since, was posted as well.
         (select min(posted_at) from movements where source_id = $2 and state = 'staged'))
       where instance_id = $1`,
      [instanceId, sourceId],
    );
  }
  return { ...row, watermark: null };
}

/**
 * A ledger on this machine is the same one on whatever port it listens: its sources follow it, and keep their ids.
 * @param origin where it listens now
 */
export async function followLedger(
  db: Queries,
  instanceIds: readonly string[],
  origin: string,
): Promise<void> {
  await db.query(
    `update sources set ledger_address = regexp_replace(ledger_address, $3, $2)
     where instance_id = any($1) and is_current and ledger_address ~ $3`,
    [instanceIds, origin, '^http://127\\.0\\.0\\.1:[0-9]+'],
  );
}

/** Sources of the same account and mode whose ledger was another one. */
export async function siblingsOf(db: Queries, source: SourceRow): Promise<string[]> {
  const rows = await db.query<{ sourceId: string }>(
    `select s.source_id as "sourceId" from sources s join sources o on o.source_id = $1
     where s.instance_id = o.instance_id and s.livemode = o.livemode
       and s.ledger_address <> o.ledger_address
       and (s.stripe_account = o.stripe_account
         -- Without an account id the key itself is all that tells accounts apart.
         or (s.stripe_account is null and o.stripe_account is null
           and s.key_fingerprint = o.key_fingerprint))`,
    [source.sourceId],
  );
  return rows.map(({ sourceId }) => sourceId);
}

/** A rolled key of the same account. */
export async function rememberKey(
  db: Queries,
  sourceId: string,
  fingerprint: string,
): Promise<void> {
  await db.query('update sources set key_fingerprint = $2 where source_id = $1', [
    sourceId,
    fingerprint,
  ]);
}

/**
 * What one of everything does not take over, since no listing reaches it, is asked for in the ledger before the sync
 * completes: everything is in doubt again. A pause is no reason for that.
 */
export async function startListing(
  db: Queries,
  sourceId: string,
  listing: {
    readonly listingId: string;
    readonly startedAt: number;
    readonly since: string | null;
    /** It goes no further back than what may have succeeded since; null: it is one of everything. */
    readonly readTo: number | null;
  },
): Promise<void> {
  const { listingId, startedAt, since, readTo } = listing;
  await db.query(
    `update sources set listing_id = $2, listing_started_at = $3, planned_since = $4, first_tail_of = $2,
       listed_by_charge = true, read_to_s = $5::bigint,
       proven_at = case when $5::bigint is not null then proven_at end
     where source_id = $1`,
    [sourceId, listingId, startedAt, since, readTo],
  );
  await dropWatermark(db, sourceId);
  // What is left of a listing that grew too old is read by the new one.
  await db.query(
    `update sync_windows set state = 'void'
     where source_id = $1 and state = 'open' and listing_id <> $2 and feed not in ${OF_ROWS}`,
    [sourceId, listingId],
  );
}

/**
 * Forgets how far pay-ins were read: the next plan lists everything. What was planned before is void.
 * @param isPaused the watermark was right, and the events since are gone: it is kept as what was read
 */
export async function distrustWatermark(
  db: Queries,
  sourceId: string,
  isPaused = false,
): Promise<void> {
  await db.query(
    `update sources set read_to_s = case when $2 then coalesce(${watermarkOf('sources')}, read_to_s) end
     where source_id = $1`,
    [sourceId, isPaused],
  );
  await endListing(db, sourceId);
  await dropWatermark(db, sourceId);
  await db.query(
    `update sync_windows set state = 'void'
     where source_id = $1 and state = 'open' and feed not in ${OF_ROWS}
       and (listing_id is not null or feed = 'events')`,
    [sourceId],
  );
}

/** No pay-in of the source counts as read. After its row is locked: else one that is written meanwhile stays. */
async function dropWatermark(db: Queries, sourceId: string): Promise<void> {
  await db.query('delete from watermarks where source_id = $1 and feed = $2', [
    sourceId,
    SUCCESSES,
  ]);
}

async function endListing(db: Queries, sourceId: string): Promise<void> {
  await db.query(
    'update sources set listing_id = null, listing_started_at = null where source_id = $1',
    [sourceId],
  );
}

/** A listing whose windows are all done gives the watermark from which the tail starts. */
export async function settleListing(db: Queries, source: SourceRow): Promise<SourceRow> {
  if (source.listingId === null || source.listingStartedAt === null) return source;
  const left = await db.query(
    `select 1 from sync_windows where listing_id = $1 and state <> 'done' limit 1`,
    [source.listingId],
  );
  if (left.length > 0) return source;
  const watermark = tailStartOfListing(source.listingStartedAt, toSeconds(source.plannedSince));
  await endListing(db, source.sourceId);
  await db.query('update sources set read_to_s = null where source_id = $1', [source.sourceId]);
  await db.query(
    `insert into watermarks (source_id, feed, at_s) values ($1, $2, $3)
     on conflict (source_id, feed) do update set at_s = excluded.at_s`,
    [source.sourceId, SUCCESSES, watermark],
  );
  return { ...source, watermark, readTo: null, listingId: null, listingStartedAt: null };
}

/** SYNC_SINCE as it is stored, in Unix seconds; null = post all. Not said is for the caller to refuse. */
export function toSeconds(syncSince: string | null): number | null {
  return syncSince === null || syncSince === 'all' ? null : Number(syncSince);
}

/** Forward only: a run that began earlier never takes back what a later one reached. */
export async function moveWatermark(db: Queries, tail: DoneTail): Promise<void> {
  await db.query(
    `with moved as (
       update watermarks set at_s = greatest(at_s, $2)
       where source_id = $1 and feed = $5 returning source_id)
     update sources set first_tail_of = null,
       looked_back_at = case when $3 then $4 else looked_back_at end,
       look_back_saved_at = case when $3 then now() else look_back_saved_at end
     where source_id in (select source_id from moved)`,
    [tail.sourceId, watermarkAfterTail(tail), tail.lookedBack, tail.answeredAt, SUCCESSES],
  );
}
