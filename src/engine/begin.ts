/**
 * beginSync: opens the sync row (the lease), checks the source and plans what to read. It may run again
 * at any time for the same sync: after continue-as-new it returns what is still to read, and after a
 * watermark turned out too old it plans a full listing.
 */
import { listingIdOf, syncIdOf } from '../domain/ids';
import { may } from '../domain/permissions';
import type { Scope, Trigger } from '../domain/sync';
import { FEEDS, type Feed } from '../domain/feeds';
import { planBacklog, type ListingStart, type WindowPlan } from '../domain/window';
import type { Queries } from '../store/db';
import { readInstance } from '../store/instances';
import { hasBacklog } from '../store/backlog';
import { pagesAside, type PageAside } from '../store/pages';
import { hasUnplaced, isInDoubt, stageAgain } from '../store/proof';
import type { RowReading } from '../store/row-reading';
import {
  distrustWatermark,
  settleListing,
  startListing,
  toSeconds,
  type SourceRow,
} from '../store/sources';
import { assertOpen, type Owner } from '../store/syncs';
import { countWindows, insertWindows, openWindows } from '../store/windows';
import type { Attempt } from './attempt';
import type { EngineDeps, Connection } from './deps';
import { takeLease } from './lease';
import { startOfListing } from './reading/listing-start';
import { needsRowListing, planMovements, readingOfRows } from './movements/plan-movements';
import { planReading } from './reading/plan-reading';
import { asResumed } from './pause';
import { findNewestGone } from './posting/gone';
import { checkInstance, isPlannedOtherwise } from './instance-settings';
import { enableByDefault } from './opening/enabled-by-default';
import { takeReading } from './proof/reading';
import { checkSource } from './source';

export interface BeginInput {
  readonly instanceId: string;
  readonly trigger: Trigger;
  readonly scope: Scope;
  /** The owner has confirmed a changed Stripe account or ledger. */
  readonly acceptSource: boolean;
  /** Whether the workflow knows of movements. Default false. */
  readonly movements?: boolean;
}

export type BeginResult =
  | {
      readonly kind: 'open';
      readonly syncId: string;
      readonly windows: readonly WindowToRead[];
      /** Earlier syncs have left postings that the ledger must be asked for again. Absent: not known. */
      readonly inDoubt?: boolean;
      /** Pages of this sync that were fetched and are not handled; more may follow. Absent: none. */
      readonly aside?: readonly PageAside[];
      /** Its movements are carried over, and proven at the end. Absent: they are not. */
      readonly movements?: true;
    }
  | { readonly kind: 'skipped'; readonly syncId: string; readonly runningWorkflowId: string };

export interface WindowToRead {
  readonly windowId: string;
  readonly feed: Feed;
  readonly cursor: string | null;
  /** Unix seconds: nothing later is in it. Absent: it has no such bound, or it is not known. */
  readonly to?: number;
}

export async function beginSync(
  deps: EngineDeps,
  input: BeginInput,
  owner: Owner,
  connect: () => Promise<Connection>,
  attempt: Attempt,
): Promise<BeginResult> {
  const { db, log } = deps;
  const syncId = syncIdOf(input.instanceId, owner.workflowId, owner.firstRunId);
  const { instanceId, trigger, scope } = input;
  // Without its row the lease could not be written, which would look like a database to wait for.
  await readInstance(db, instanceId);
  const holder = await takeLease(deps, { syncId, instanceId, trigger, scope, ...owner });
  if (holder) return { kind: 'skipped', syncId, runningWorkflowId: holder.workflowId };

  const connection = await connect();
  // The source first: another one is not bound by what the first posting of the old one has fixed.
  const asker = { syncId, accept: input.acceptSource };
  const checked = await checkSource(db, connection, asker, attempt.signal);
  const instance = await checkInstance(db, connection.config);
  let { source } = checked;
  // A repeat goes on with what is planned; what is posted meanwhile would hide a ledger set back.
  const planned = (await countWindows(db, syncId)) > 0;
  // A key that may not read cannot see that something is gone.
  const mayRead = may(connection.grants, 'data:read');
  const asking = { signal: attempt.signal, waitsMs: deps.patience.roundWaitsMs };
  const gone =
    mayRead && !planned ? await findNewestGone(db, source.sourceId, connection.ledger, asking) : [];
  const otherwise = !planned && isPlannedOtherwise(source, instance.syncSince);
  if (gone.length > 0) {
    log.error({ syncId, instanceId, code: 'LEDGER_REWOUND', gone: gone.length }, 'ledger.rewound');
    const ids = gone.map(({ id }) => id);
    const { sourceId } = source;
    await stageAgain(db, { syncId, instanceId, sourceId, gone: ids, doubtRest: true });
  } else if (otherwise) {
    await db.transaction(async (tx) => {
      await assertOpen(tx, syncId);
      await distrustWatermark(tx, source.sourceId);
    });
  }
  if (gone.length > 0 || otherwise) {
    source = { ...source, watermark: null, readTo: null, listingId: null, listingStartedAt: null };
  }
  const { sourceId } = source;
  const mayCarry = scope.kind === 'full' && input.movements === true;
  if (mayCarry && !planned) {
    const first = { syncId, instance, connection };
    await enableByDefault(deps, checked.source, first, attempt.signal);
  }
  const movements = mayCarry
    ? await readingOfRows(
        deps,
        { syncId, sourceId, isPlanned: planned },
        connection,
        attempt.signal,
      )
    : undefined;
  const reading =
    movements && !planned
      ? await takeReading(deps, { syncId, instanceId, sourceId }, connection, attempt.signal)
      : null;
  // Only a listing needs Stripe's time now; an idle run learns it from the tail's own answer.
  const start =
    scope.kind === 'full' && (source.watermark === null || needsRowListing(movements))
      ? await startOfListing(
          db,
          connection.stripe,
          reading?.at ?? checked.answeredAt,
          attempt.signal,
        )
      : null;
  source = await asResumed(source, movements, connection, attempt.signal);

  const { windows, aside } = await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    const { syncSince } = instance;
    const open = await plan(tx, { syncId, scope, source, start, syncSince, movements });
    return { windows: open, aside: planned ? await pagesAside(tx, sourceId, syncId, ASIDE) : [] };
  });
  const inDoubt = scope.kind === 'full' && mayRead && (await isInDoubt(db, instanceId, syncId));
  log.info({ syncId, instanceId, windows: windows.length, aside: aside.length }, 'sync.begun');
  return {
    ...{ kind: 'open', syncId, windows, inDoubt },
    ...(aside.length > 0 && { aside }),
    ...(movements && { movements: true }),
  };
}

/** Most pages that pass through the workflow at once. */
const ASIDE = 64;

interface PlanInput {
  readonly syncId: string;
  readonly scope: Scope;
  readonly source: SourceRow;
  /** When a listing may have to be planned. */
  readonly start: ListingStart | null;
  readonly syncSince: string | null;
  /** undefined: its movements are not carried over. */
  readonly movements: RowReading | undefined;
}

async function plan(tx: Queries, input: PlanInput): Promise<WindowToRead[]> {
  const { syncId, scope, start, syncSince, movements } = input;
  const source = scope.kind === 'full' ? await settleListing(tx, input.source) : input.source;
  const { sourceId } = source;
  const round = await countWindows(tx, syncId);
  const isFirst = round === 0;
  const insert = (plans: readonly WindowPlan[], listingId: string | null) =>
    insertWindows(tx, { syncId, sourceId, listingId, round, plans });

  // Also in a sync of one payment: what the ledger has lost it shall hold again when the sync ends.
  const looksForDue = isFirst && scope.kind === 'full';
  if (looksForDue ? await hasBacklog(tx, sourceId, syncId) : await hasUnplaced(tx, sourceId)) {
    await insert([planBacklog()], null);
  }
  const { listing, windows } = planReading(source, scope, {
    start: source.watermark === null ? start : null,
    since: toSeconds(syncSince),
    isFirst,
    listingIdAt: (startedAt) => listingIdOf(sourceId, startedAt, syncId),
  });
  if (listing) {
    const { listingId, startedAt } = listing;
    const { readTo } = source;
    await startListing(tx, sourceId, { listingId, startedAt, since: syncSince, readTo });
    await insert(listing.windows, listingId);
  }
  await insert(windows, null);
  const listingIds =
    scope.kind === 'full'
      ? [
          listing?.listingId ?? source.listingId,
          movements ? await planMovements(tx, { ...input, sourceId, movements }, insert) : null,
        ]
      : [];
  const open = await openWindows(tx, syncId, listingIds);
  return open.map(({ windowId, feed, cursor, to }) => ({
    ...{ windowId, feed, cursor },
    ...(to !== null && FEEDS[feed].kind === 'rows' && { to }),
  }));
}
