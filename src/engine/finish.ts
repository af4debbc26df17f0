/** finishSync: closes the sync row on every outcome, and moves the watermark after a complete run. */
import { ERRORS } from '../domain/error-table';
import { isErrorCode, SyncError, type ErrorCode, type ErrorDetails } from '../domain/errors';
import { syncIdOf } from '../domain/ids';
import { NO_COUNTS, type Counts } from '../domain/outcomes';
import type { SyncStatus } from '../domain/sync';
import type { Queries } from '../store/db';
import { askForLook } from '../store/pauses';
import { pagesAside, settlePages, sumPages } from '../store/pages';
import { trimSyncs } from '../store/retention';
import { moveRowWatermark, readRowReading, settleRowListing } from '../store/row-reading';
import { currentSource, moveWatermark, settleListing, type SourceRow } from '../store/sources';
import { closeSync, findSync, lockOpen, type Owner, type SyncRow } from '../store/syncs';
import { findDoneTail, openWindows, voidOwnWindows } from '../store/windows';
import type { EngineDeps } from './deps';
import { warnOfReads } from './reading/read-budget';

export interface FinishInput {
  readonly instanceId: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  /** A code of our table; anything else is recorded as INTERNAL. */
  readonly error?: { readonly code: string; readonly details: ErrorDetails };
  /** Whether the workflow knows what to do when something is still open. Default false. */
  readonly mayPlanAgain?: boolean;
  /** Whether it has read movements. Default false. */
  readonly movements?: boolean;
}

/** Shown in the Web UI as the result of the workflow. */
export interface FinishResult {
  readonly syncId: string;
  readonly status: SyncStatus;
  readonly counts: Counts;
  /** Not closed: something of it is still open, so it has to plan again. */
  readonly planAgain?: true;
}

export async function finishSync(
  deps: EngineDeps,
  input: FinishInput,
  owner: Owner,
): Promise<FinishResult> {
  const syncId = syncIdOf(input.instanceId, owner.workflowId, owner.firstRunId);
  const sync = await findSync(deps.db, syncId);
  // The run failed before it could open its row, or another run has closed it.
  if (!sync) return { syncId, status: 'failed', counts: NO_COUNTS };
  if (sync.status !== 'running') return { syncId, status: sync.status, counts: sync.counts };
  const code = input.error && (isErrorCode(input.error.code) ? input.error.code : 'INTERNAL');
  // First, so that a repeat pauses too: the next run would fail the same way.
  if (code && 'pauses' in ERRORS[code]) await deps.pauseSchedule(input.instanceId, code);
  const closed = await deps.db.transaction((tx) => close(tx, sync, input, code));
  if (!closed) {
    deps.log.warn({ syncId, instanceId: input.instanceId }, 'sync.still_open');
    return { syncId, status: 'running', counts: NO_COUNTS, planAgain: true };
  }
  const { status, counts } = closed;
  const what = { syncId, instanceId: input.instanceId, status, code, ...counts };
  deps.log.info(what, 'sync.finished');
  const worked = status === 'completed' || status === 'completed_with_problems';
  if (worked && (sync.scope.kind === 'full' || counts.found > 0))
    await resume(deps, input.instanceId);
  await trimSyncs(deps.db, input.instanceId);
  await warnOfReads(deps, input.instanceId);
  return { syncId, ...closed };
}

/** Whoever started it. What fails here is no fault of the sync, and tried again by the loop of the alerts. */
async function resume(deps: EngineDeps, instanceId: string): Promise<void> {
  try {
    const code = await deps.resumeSchedule?.(instanceId);
    if (code === undefined) return;
    deps.log.info({ instanceId, code }, 'schedule.resumed');
    await askForLook(deps.db, instanceId);
  } catch (error) {
    const code = error instanceof SyncError ? error.code : 'INTERNAL';
    deps.log.warn({ instanceId, code }, 'schedule.not_resumed');
  }
}

/** @returns undefined when something is still open: it was not closed */
async function close(
  tx: Queries,
  sync: SyncRow,
  input: FinishInput,
  code: ErrorCode | undefined,
): Promise<{ status: SyncStatus; counts: Counts } | undefined> {
  if (!(await lockOpen(tx, sync.syncId))) {
    throw new SyncError('SYNC_NOT_OPEN', { sync: sync.syncId });
  }
  const source = await currentSource(tx, sync.instanceId);
  // In the transaction that locks the row: an activity that was frozen until now finds it closed, or its
  // work is seen here.
  if (input.outcome === 'completed' && input.mayPlanAgain === true && source) {
    const windows = await openWindows(tx, sync.syncId, await listingsOf(tx, sync, source, input));
    const aside = await pagesAside(tx, source.sourceId, sync.syncId, 1);
    if (windows.length + aside.length > 0) return undefined;
  }
  await settlePages(tx, sync.syncId);
  await voidOwnWindows(tx, sync.syncId);
  const totals = await sumPages(tx, sync.syncId);
  const status =
    input.outcome === 'completed' && totals.newlyQuarantined > 0
      ? 'completed_with_problems'
      : input.outcome;
  if (source && sync.scope.kind === 'full') {
    await settleListing(tx, source);
    await settleRows(tx, source.sourceId);
    if (input.outcome === 'completed') await moveWatermarks(tx, sync.syncId, source.sourceId);
  }
  const error = code && { code, details: input.error?.details ?? {} };
  await closeSync(tx, sync.syncId, status, totals, error);
  return { status, counts: totals.counts };
}

async function settleRows(tx: Queries, sourceId: string): Promise<void> {
  const rows = await readRowReading(tx, sourceId);
  if (rows) await settleRowListing(tx, sourceId, rows);
}

/** The tail of a source that was left meanwhile says nothing about the current one. */
async function moveWatermarks(tx: Queries, syncId: string, sourceId: string): Promise<void> {
  const ofPayIns = await findDoneTail(tx, syncId, 'events');
  if (ofPayIns?.sourceId === sourceId) await moveWatermark(tx, ofPayIns);
  const ofRows = await findDoneTail(tx, syncId, 'balance_transactions');
  if (ofRows?.sourceId === sourceId) await moveRowWatermark(tx, ofRows);
}

async function listingsOf(
  tx: Queries,
  { scope }: SyncRow,
  { sourceId, listingId }: SourceRow,
  { movements = false }: FinishInput,
): Promise<(string | null)[]> {
  if (scope.kind !== 'full') return [];
  const rows = movements ? await readRowReading(tx, sourceId) : undefined;
  return [listingId, rows?.listingId ?? null];
}
