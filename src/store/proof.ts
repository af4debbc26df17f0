/**
 * Which of our postings the ledger has to be asked for again. An acknowledged posting may be lost with the
 * ledger's own database: it counts as proven once a later sync than the one that wrote it has found it there.
 */
import { UNPLACED } from '../domain/ids';
import { isInLedger } from '../domain/outcomes';
import type { Db, Queries } from './db';
import { IN_LEDGER_STATES, ofOtherLedger } from './outcome-columns';
import { writeCounters } from './pages';
import { distrustRows } from './row-reading';
import { distrustWatermark } from './sources';
import { addNote, assertOpen, assertOpenAlone } from './syncs';

export interface InLedger {
  readonly id: string;
  readonly reference: string;
}

/** A part of all there is to ask for, in a fixed order. */
export interface Part {
  readonly postings: readonly InLedger[];
  /** Among them those of which nothing tells when the ledger took them. */
  readonly undated: ReadonlySet<string>;
  /**
   * Pay-ins of another ledger of the same account, taken over by nobody since the owner has changed it. Legs are not
   * among them: where movements are carried over, the listing of rows takes them over, and nowhere else.
   */
  readonly leftBehind: readonly string[];
  /** Where the next part begins; null: this is the last one. */
  readonly after: string | null;
}

/** Rows of a part: 100 look-ups at a Core. */
const PART = 10_000;
/** Of up to 500 rows each: what a large sync has posted is asked for in few steps. */
const PART_PAGES = 100;

/**
 * In the order in which the ledger took them, newest first.
 * @param except leaves out what these syncs have handled
 */
export async function newestInLedger(
  db: Queries,
  sourceId: string,
  limit: number,
  except: readonly string[] = [],
): Promise<InLedger[]> {
  return db.query<InLedger>(
    `select movement_id as id, reference from movements
     where source_id = $1 and state in ${IN_LEDGER_STATES} and reference is not null
       and sync_id <> all($3::text[])
     order by coalesce(booked_at, posted_at, updated_at) desc limit $2`,
    [sourceId, limit, except],
  );
}

/** The newest postings of each source of an instance, with Blnk's own ids: what only its ledger holds. */
export async function newestPostings(
  db: Queries,
  instanceId: string,
): Promise<{ reference: string; transactionId: string }[]> {
  return db.query(
    `select p.reference, p.blnk_transaction_id as "transactionId" from sources s cross join lateral (
       select reference, blnk_transaction_id from movements
       where source_id = s.source_id and state in ${IN_LEDGER_STATES}
         and reference is not null and blnk_transaction_id is not null
       order by coalesce(booked_at, posted_at, updated_at) desc limit 10) p
     where s.instance_id = $1`,
    [instanceId],
  );
}

interface Row extends InLedger {
  readonly sourceId: string;
  readonly state: string;
  readonly undated: boolean;
  readonly isLeg: boolean;
}

const ROW = `p.movement_id as id, p.reference, p.source_id as "sourceId", p.state,
  coalesce(p.booked_at, p.posted_at) is null as undated,
  p.leg is not null as "isLeg"`;

/**
 * Everything of a source, by id. Read by the primary key alone: an index on the source would be sorted
 * from end to end for each part.
 * @param siblings sources of the same account with another ledger
 */
export async function everyPosting(
  db: Queries,
  where: {
    readonly instanceId: string;
    readonly sourceId: string;
    readonly siblings: readonly string[];
    readonly after: string | null;
  },
): Promise<Part> {
  const rows = await db.query<Row>(
    `select ${ROW} from movements p where p.instance_id = $1 and p.movement_id > $2
     order by p.movement_id limit ${PART}`,
    [where.instanceId, where.after ?? ''],
  );
  const leftBehind = rows
    .filter(({ isLeg, sourceId }) => !isLeg && where.siblings.includes(sourceId))
    .filter(({ state }) => state !== 'before_since')
    .map(({ id }) => id);
  const after = rows.length < PART ? null : (rows.at(-1)?.id ?? null);
  return { ...partOf(rows, where.sourceId), leftBehind, after };
}

/** What these syncs have written, page by page. */
export async function postingsOf(
  db: Queries,
  syncIds: readonly string[],
  sourceId: string,
  after: string | null,
): Promise<Part> {
  const pages = await db.query<{ pageId: string }>(
    // One by one, by the index on both columns: that on pages alone leads through all instances.
    `select g.page_id as "pageId" from unnest($1::text[]) s(sync_id) cross join lateral (
       select page_id from sync_pages p where p.sync_id = s.sync_id and p.page_id > $2
       order by page_id limit ${PART_PAGES}) g
     order by 1 limit ${PART_PAGES}`,
    [syncIds, after ?? ''],
  );
  const pageIds = pages.map(({ pageId }) => pageId);
  const rows = await db.query<Row>(
    // Each page by its index: the planner takes them for a large part of a table that is still small.
    `select p.* from unnest($1::text[]) g(page_id), lateral
       (select ${ROW} from movements p where p.page_id = g.page_id offset 0) p`,
    [pageIds],
  );
  const last = pageIds.length < PART_PAGES ? null : (pageIds.at(-1) ?? null);
  return { ...partOf(rows, sourceId), leftBehind: [], after: last };
}

function partOf(rows: readonly Row[], sourceId: string): Pick<Part, 'postings' | 'undated'> {
  const postings = rows.filter((row) => row.sourceId === sourceId && isInLedger(row.state));
  const undated = postings.filter((row) => row.undated).map(({ id }) => id);
  return { postings, undated: new Set(undated) };
}

/** Whether a sync whose pages are saved has found or made anything in the ledger. */
export async function hasPostings(db: Queries, syncId: string): Promise<boolean> {
  const [row] = await db.query<{ there: boolean }>(
    `select exists (select 1 from sync_pages
       where sync_id = $1 and (posted + already_posted > 0 or legs <> '{}')) as there`,
    [syncId],
  );
  return row?.there ?? true;
}

/** Syncs of an instance that no later one has proven. */
export async function unprovenSyncs(db: Queries, instanceId: string): Promise<string[]> {
  const rows = await db.query<{ syncId: string }>(
    'select sync_id as "syncId" from stripe_syncs where instance_id = $1 and unproven',
    [instanceId],
  );
  return rows.map(({ syncId }) => syncId);
}

/** Whether earlier syncs have left anything to ask the ledger for. */
export async function isInDoubt(db: Queries, instanceId: string, syncId: string): Promise<boolean> {
  const [row] = await db.query<{ inDoubt: boolean }>(
    `select exists (select 1 from sources where instance_id = $1 and is_current and proven_at is null)
       or exists (select 1 from stripe_syncs
         where instance_id = $1 and unproven and sync_id <> $2) as "inDoubt"`,
    [instanceId, syncId],
  );
  return row?.inDoubt ?? true;
}

/**
 * Every posting of earlier syncs was there. So were the sync's own, but they are asked for once more by a
 * later one: what was lost may have been shown for a moment longer.
 */
export async function markProven(
  db: Db,
  sync: { readonly syncId: string; readonly instanceId: string; readonly sourceId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await tx.query(
      `update sources set proven_at = now() where source_id = $1 and proven_at is null`,
      [sync.sourceId],
    );
    await tx.query(
      `update stripe_syncs set unproven = false
       where instance_id = $1 and unproven and sync_id <> $2`,
      [sync.instanceId, sync.syncId],
    );
  });
}

/** Sets the ledger's own time where we have none. */
export async function dateBookings(
  db: Db,
  sync: { readonly syncId: string; readonly instanceId: string },
  bookings: readonly { readonly id: string; readonly bookedAt: Date }[],
): Promise<void> {
  if (bookings.length === 0) return;
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await tx.query(
      `update movements p set booked_at = b.booked_at
       from unnest($2::text[], $3::timestamptz[]) b(id, booked_at)
       where p.instance_id = $1 and p.movement_id = b.id and p.booked_at is null`,
      [
        sync.instanceId,
        bookings.map(({ id }) => id),
        bookings.map(({ bookedAt }) => bookedAt.toISOString()),
      ],
    );
  });
}

/** What is staged again, and what that says. */
export interface Again {
  readonly syncId: string;
  readonly instanceId: string;
  readonly sourceId: string;
  /** Not in the ledger any more. */
  readonly gone: readonly string[];
  readonly leftBehind?: readonly string[];
  /** More may be gone than was asked for: everything is listed and asked for again. */
  readonly doubtRest: boolean;
}

/**
 * Stages again what the ledger does not hold, whatever its age: the backlog takes it next, looks it up and
 * posts it. In the same transaction the sync says so.
 */
export async function stageAgain(db: Db, again: Again): Promise<void> {
  const { syncId, instanceId, sourceId, gone, leftBehind = [] } = again;
  const ids = [...gone, ...leftBehind];
  await db.transaction(async (tx) => {
    await assertOpenAlone(tx, syncId);
    const losing = await tx.query<{ pageId: string; state: 'done' | 'partial' }>(
      `select distinct g.page_id as "pageId", g.state
       from unnest($2::text[]) r(id)
       join movements p on p.instance_id = $1 and p.movement_id = r.id
       join sync_pages g using (page_id)
       where p.sync_id = $3 and g.state <> 'open'`,
      [instanceId, ids, syncId],
    );
    await tx.query(
      `update movements p set state = 'staged', page_id = $4, sync_id = $4, source_id = $2,
         ${ofOtherLedger('$2')}, updated_at = now()
       from unnest($3::text[]) r(id)
       where p.instance_id = $1 and p.movement_id = r.id
         and (p.source_id <> $2 or p.state in ${IN_LEDGER_STATES})`,
      [instanceId, sourceId, ids, UNPLACED],
    );
    // What this sync has counted as posted it will count again.
    for (const { pageId, state } of losing) await writeCounters(tx, pageId, state);
    if (gone.length > 0) await addNote(tx, syncId, 'LEDGER_REWOUND');
    // The listing that follows puts every posting in doubt.
    if (again.doubtRest) {
      await distrustWatermark(tx, sourceId);
      await distrustRows(tx, sourceId);
    }
  });
}

/** Whether rows wait that were staged again and that no page has taken yet. */
export async function hasUnplaced(db: Queries, sourceId: string): Promise<boolean> {
  const [row] = await db.query<{ there: boolean }>(
    `select exists (select 1 from movements
       where source_id = $1 and page_id = $2 and state = 'staged') as there`,
    [sourceId, UNPLACED],
  );
  return row?.there ?? false;
}
