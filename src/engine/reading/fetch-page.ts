/** fetchPage: some answers of Stripe (or what is left over in our own table) become one page of staged rows. */
import { SyncError } from '../../domain/errors';
import { pageIdOf } from '../../domain/ids';
import type { PageCounts } from '../../domain/progress';
import { isAhead, isExpired, isLookBackDue, planLookBack, readsPayIns } from '../../domain/window';
import { claimBacklog } from '../../store/backlog';
import { stagePage } from '../../store/staging';
import { distrustWatermark } from '../../store/sources';
import { assertOpen } from '../../store/syncs';
import { restartWindow } from '../../store/windows';
import { cutOf, isToBeCut, readAnswers } from './answers';
import type { Attempt } from '../attempt';
import type { EngineDeps, Connection } from '../deps';
import { windowToRead } from './window-to-read';

export interface FetchInput {
  readonly instanceId: string;
  readonly syncId: string;
  readonly windowId: string;
  /** null: the window's first page. */
  readonly cursor: string | null;
  /** Whether a window may be added by cutting what is left of this one. */
  readonly mayCut: boolean;
}

export type FetchResult =
  | {
      readonly kind: 'page';
      readonly pageId: string;
      /** Pay-ins that the page owns; 0: nothing to send or save. */
      readonly count: number;
      /** null: the last page. */
      readonly nextCursor: string | null;
      /** Id of the listing window that was cut off this one, to be read as well; else none. */
      readonly windows: readonly string[];
      /** Rows that moved the balance, handled with the page. Absent: it is of pay-ins. */
      readonly rows?: number;
      /** Unix seconds: when the oldest of them was created. Absent: there is none, or it is not known. */
      readonly oldest?: number;
      /** What came of them, where all are handled. Absent: they are not, or nothing did. */
      readonly booked?: PageCounts;
      /** Of Stripe, that the page was made of. Absent: one. */
      readonly answers?: number;
    }
  /** Stripe forgot the cursor: read the window again from its start. */
  | { readonly kind: 'restart' }
  /** Events may be gone by now: the windows are void, plan again. */
  | { readonly kind: 'expired' };

/** A cursor can die when test data is deleted; more often than this something else is wrong. */
const MAX_RESTARTS = 5;

export async function fetchPage(
  deps: EngineDeps,
  input: FetchInput,
  connection: Connection,
  attempt: Attempt,
): Promise<FetchResult> {
  const { db } = deps;
  const { syncId, instanceId, cursor } = input;
  const found = await windowToRead(deps, input, connection, attempt);
  // The watermark was given up meanwhile: plan again.
  if (!found) return { kind: 'expired' };
  const { window, source } = found;
  const { stripe } = connection;
  const pageId = pageIdOf(syncId, window.windowId, cursor);
  const page = { pageId, syncId, instanceId, window, cursor };
  if (window.feed === 'backlog') {
    return { kind: 'page', pageId, ...(await claimBacklog(db, page)), windows: [] };
  }
  if (!readsPayIns(window)) throw new Error(`no pay-ins are read from ${window.feed}`);
  try {
    const { all, first, last, lastCursor, nextCursor } = await readAnswers(
      window,
      cursor,
      attempt,
      (at) => stripe.readPage(window, at, attempt.signal),
      (answer, at) => isExpired(window, at, answer) || isToBeCut(window, input, answer),
    );
    if (isExpired(window, lastCursor, last)) {
      await db.transaction(async (tx) => {
        await assertOpen(tx, syncId);
        await distrustWatermark(tx, window.sourceId, !isAhead(window, last.answeredAt));
      });
      deps.log.warn({ syncId, instanceId }, 'watermark.too_old');
      return { kind: 'expired' };
    }
    const cut = nextCursor !== null && input.mayCut ? cutOf(window, last) : undefined;
    const isDue = cursor === null && isLookBackDue(window, source.lookedBackAt, first.answeredAt);
    const lookBack = isDue ? planLookBack(window) : undefined;
    const staged = await stagePage(
      db,
      // The watermark goes by the first answer of all.
      { ...page, nextCursor, answer: first, cut, lookBack },
      all.flatMap(({ payIns }) => payIns),
    );
    return { kind: 'page', pageId, nextCursor, answers: all.length, ...staged };
  } catch (error) {
    return restartOf(deps, input, error);
  }
}

/** Reads a window again from its start when Stripe has forgotten the cursor. @throws any other error */
export async function restartOf(
  { db, log }: EngineDeps,
  { syncId, windowId }: FetchInput,
  error: unknown,
): Promise<FetchResult> {
  if (!(error instanceof SyncError && error.code === 'STRIPE_CURSOR_DEAD')) throw error;
  const restarts = await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    return restartWindow(tx, windowId);
  });
  if (restarts > MAX_RESTARTS) throw error;
  log.warn({ syncId, windowId, restarts }, 'cursor.dead');
  return { kind: 'restart' };
}
