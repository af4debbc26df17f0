/** fetchPayIns: one Stripe page (or one of our backlog) becomes staged rows in Postgres. */
import { SyncError } from '../domain/errors';
import { pageIdOf } from '../domain/ids';
import { TAIL_SPAN, WATERMARK_LIFETIME } from '../domain/window';
import { claimBacklog, stagePage } from '../store/pages';
import { distrustWatermark } from '../store/sources';
import { assertOpen } from '../store/syncs';
import { readWindow, restartWindow, type WindowRow } from '../store/windows';
import type { StripePage, StripeReader } from '../stripe/client';
import type { Attempt } from './boundary';
import type { ActivityDeps, Connection } from './deps';
import { checkSource } from './source-check';

export interface FetchInput {
  readonly instanceId: string;
  readonly syncId: string;
  readonly windowId: string;
  /** null: the window's first page. */
  readonly cursor: string | null;
}

export type FetchResult =
  | {
      readonly kind: 'page';
      readonly pageId: string;
      /** Pay-ins that the page owns; 0: nothing to send or save. */
      readonly count: number;
      /** null: the last page. */
      readonly nextCursor: string | null;
    }
  /** Stripe forgot the cursor: read the window again from its start. */
  | { readonly kind: 'restart' }
  /** Events may be gone by now: the windows are void, plan again. */
  | { readonly kind: 'expired' };

/** A cursor can die when test data is deleted; more often than this something else is wrong. */
const MAX_RESTARTS = 5;

export async function fetchPayIns(
  deps: ActivityDeps,
  input: FetchInput,
  connection: Connection,
  attempt: Attempt,
): Promise<FetchResult> {
  const { db } = deps;
  const { syncId, instanceId, cursor } = input;
  const window = await readWindow(db, input.windowId);
  // A repeat, after the watermark was given up: plan again.
  if (!window || window.state === 'void') return { kind: 'expired' };
  const { stripe } = connection;
  // A worker that was restarted with another key must not go on in the windows of the old one.
  const { source } = await checkSource(db, connection, undefined, attempt.signal);
  if (source.sourceId !== window.sourceId) throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
  const pageId = pageIdOf(syncId, window.windowId, cursor);
  const page = { pageId, syncId, instanceId, window, cursor };
  if (window.feed === 'backlog') {
    return { kind: 'page', pageId, ...(await claimBacklog(db, page)) };
  }
  try {
    const answer = await readStripe(stripe, window, cursor, attempt.signal);
    if (isExpired(window, cursor, answer)) {
      await db.transaction(async (tx) => {
        await assertOpen(tx, syncId);
        await distrustWatermark(tx, window.sourceId);
      });
      deps.log.warn({ syncId, instanceId }, 'watermark.too_old');
      return { kind: 'expired' };
    }
    const { nextCursor, answeredAt } = answer;
    const count = await stagePage(db, { ...page, nextCursor, answeredAt }, answer.payIns);
    return { kind: 'page', pageId, count, nextCursor };
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'STRIPE_CURSOR_DEAD')) throw error;
    const restarts = await db.transaction(async (tx) => {
      await assertOpen(tx, syncId);
      return restartWindow(tx, window.windowId);
    });
    if (restarts > MAX_RESTARTS) throw error;
    deps.log.warn({ syncId, windowId: window.windowId, restarts }, 'cursor.dead');
    return { kind: 'restart' };
  }
}

async function readStripe(
  stripe: StripeReader,
  window: WindowRow,
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  switch (window.feed) {
    case 'payment_intents':
      return stripe.listPayIns(window, cursor, signal);
    case 'events':
      return stripe.listSuccesses(window.from, cursor, signal);
    case 'payment_intent': {
      const id = window.paymentIntentId ?? '';
      const read = await stripe.readPayIn(id, signal, window.withCharge);
      if (!read) {
        throw new SyncError('NOT_FOUND', { payment_intent: id });
      }
      return {
        payIns: read.payIn ? [read.payIn] : [],
        nextCursor: null,
        answeredAt: read.answeredAt,
      };
    }
    case 'backlog':
      throw new Error('the backlog is not read from Stripe');
  }
}

/** A tail that starts too long ago, or took so long that its oldest events may have gone meanwhile. */
function isExpired(window: WindowRow, cursor: string | null, answer: StripePage): boolean {
  if (window.feed !== 'events' || window.from === null) return false;
  const age = answer.answeredAt - window.from;
  // An earlier answer came with a time in the future: events may lie below where this tail starts.
  if (age < 0) return true;
  if (cursor === null && age > WATERMARK_LIFETIME) return true;
  return answer.nextCursor === null && age > TAIL_SPAN;
}
