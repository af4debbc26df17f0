/**
 * settleMovements: some answers of Stripe's list of all that moved its balance become rows, and their legs postings,
 * in one step. A pay-in that a row shows and that was never booked is booked first.
 */
import { atOnce } from '../../at-once';
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import { isBefore } from '../../domain/movements/bookable';
import { legsOf } from '../../domain/movements/chart';
import { awaitsOf } from '../../domain/movements/follow-ups';
import { pageIdOf } from '../../domain/ids';
import { kindOf } from '../../domain/kinds/choice';
import type { Chart } from '../../domain/movements/leg';
import type { PayIn } from '../../domain/pay-in';
import { may } from '../../domain/permissions';
import { unreadFor, type UnreadRows } from '../../domain/proof/unread-rows';
import { pageCountsOf, type PageCounts } from '../../domain/progress';
import { idsOfPayments, knownPayInsOf } from '../../store/known-pay-ins';
import { savePage } from '../../store/pages';
import { giveRowsUp, noteMissing, readRowReading } from '../../store/row-reading';
import { stageSettled, type SettledPage, type SettledRow } from '../../store/settled-staging';
import { stageFound } from '../../store/staging';
import { assertOpen, assertOpenAlone } from '../../store/syncs';
import type { WindowRow } from '../../store/windows';
import { cutOfRows, mayCutRows, readAnswers } from '../reading/answers';
import { assertTells } from '../reading/ask-stripe';
import { askAbout, type OwnPage } from './following';
import type { Attempt } from '../attempt';
import type { Connection, EngineDeps } from '../deps';
import { restartOf, type FetchInput, type FetchResult } from '../reading/fetch-page';
import { checkInstance } from '../instance-settings';
import { withKeptSources } from './kept-sources';
import { knownOf, type SettledPlace } from './known-of';
import { keptBeside, withLateBeginnings } from './late-beginnings';
import { withOverruled } from './overruled-pay-ins';
import { sendPage } from '../posting/send-page';
import { isUnreadList } from '../reading/unread';
import { withWaited } from './waiting-money';
import { windowToRead } from '../reading/window-to-read';

const NOTHING = { kind: 'page', count: 0, nextCursor: null, windows: [] } as const;

export async function settleMovements(
  deps: EngineDeps,
  input: FetchInput,
  connection: Connection,
  attempt: Attempt,
): Promise<FetchResult> {
  const { db } = deps;
  const { syncId, instanceId, cursor } = input;
  const found = await windowToRead(deps, input, connection, attempt);
  const pageId = pageIdOf(syncId, input.windowId, cursor);
  // Given up, or all rows are to be read anew: what is planned for that is no part of this plan.
  if (!found || found.window.givenUpBy === syncId) return { ...NOTHING, pageId };
  const { window } = found;
  const { sourceId } = found.source;
  const reading = await readRowReading(db, sourceId);
  if (!reading) return { ...(await giveUp(deps, input, window, null)), pageId };
  const instance = await checkInstance(db, connection.config);
  const page = { pageId, syncId, instanceId, window, cursor };
  const chart: Chart = { balances: instance.balances, cutOver: reading.cutOver };
  const { openedAt, countedTo } = reading;
  const place: SettledPlace = { instanceId, sourceId, chart, openedAt, countedTo };
  try {
    const { all, first, nextCursor, span } = await readAnswers(window, cursor, attempt, (at) =>
      connection.stripe.listTransactions(window, at, attempt.signal),
    );
    const missing = [...new Set(all.flatMap((answer) => answer.missing))];
    if (missing.length > 0) await sayMissing(deps, input, sourceId, missing);
    const work = { deps, input, connection, attempt, page };
    const known = await withKeptSources(
      db,
      instanceId,
      all.flatMap((answer) => answer.rows),
    );
    await bookUnknown(work, place, known);
    const settled: SettledPage = {
      ...page,
      sourceBalance: instance.balances.source,
      nextCursor,
      answer: { answeredAt: first.answeredAt, newest: span?.newest ?? null },
      cut:
        nextCursor !== null && mayCutRows(window, input) ? cutOfRows(window, { span }) : undefined,
    };
    const { count, windows, rows } = await stage(work, place, known, settled);
    const booked = count > 0 ? await book(work) : undefined;
    return {
      ...{ kind: 'page', pageId, nextCursor, windows, rows, answers: all.length },
      ...(span && { oldest: span.oldest }),
      ...(booked && { booked }),
      count: booked ? 0 : count,
    };
  } catch (error) {
    try {
      return await restartOf(deps, input, error);
    } catch (lasting) {
      if (!isUnreadList(lasting)) throw lasting;
      deps.log.error(
        { syncId, instanceId, code: lasting.code, ...lasting.details },
        'rows.not_read',
      );
      return { ...(await giveUp(deps, input, window, unreadFor(lasting))), pageId };
    }
  }
}

/**
 * Stripe has failed on its rows for as long as it is waited for. Where it still tells of pay-ins they are given up for
 * this sync, which completes without them.
 * @param code what it has failed with
 * @throws SyncError what Stripe fails with on pay-ins too
 */
export async function settleWithoutRows(
  deps: EngineDeps,
  input: FetchInput,
  connection: Connection,
  attempt: Attempt,
  code: string,
): Promise<FetchResult> {
  const { syncId, instanceId, cursor, windowId } = input;
  const pageId = pageIdOf(syncId, windowId, cursor);
  const found = await windowToRead(deps, input, connection, attempt);
  if (!found || found.window.givenUpBy === syncId) return { ...NOTHING, pageId };
  await assertTells(connection, attempt.signal);
  // More of it is in the line of the step that has failed.
  deps.log.error({ syncId, instanceId, code }, 'rows.given_up');
  return { ...(await giveUp(deps, input, found.window, { code, right: null })), pageId };
}

interface Work {
  readonly deps: EngineDeps;
  readonly input: FetchInput;
  readonly connection: Connection;
  readonly attempt: Attempt;
  readonly page: OwnPage;
}

/** @returns whether all of the page is handled; else it steps aside */
async function send({ deps, connection, attempt, page }: Work): Promise<boolean> {
  const { instanceId, syncId, pageId } = page;
  const input = { instanceId, syncId, pageId, mayStepAside: true };
  return (await sendPage(deps, input, connection, attempt)).kind === 'done';
}

/** The same of a page that is recorded. @returns what came of it; undefined: it steps aside */
async function book(work: Work): Promise<PageCounts | undefined> {
  if (!(await send(work))) return undefined;
  const { counts, legs } = await savePage(work.deps.db, work.page.syncId, work.page.pageId);
  return pageCountsOf(counts, legs);
}

/** Legs that depend on what was not read are set aside; with the rights all rows are read again. */
async function sayMissing(
  { db, log }: EngineDeps,
  { syncId, instanceId }: FetchInput,
  sourceId: string,
  missing: readonly string[],
): Promise<void> {
  log.warn({ syncId, instanceId, missing }, 'rows.sources_not_read');
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    await noteMissing(tx, sourceId, missing);
  });
}

/** Pay-ins must not wait for what Stripe does not let be read, or what was disabled meanwhile. */
async function giveUp(
  { db }: EngineDeps,
  { syncId }: FetchInput,
  { sourceId }: WindowRow,
  why: UnreadRows | null,
): Promise<typeof NOTHING> {
  await db.transaction(async (tx) => {
    await assertOpenAlone(tx, syncId);
    await giveRowsUp(tx, sourceId, syncId, why);
  });
  return NOTHING;
}

/** Where another window has listed meanwhile what these rows follow, or what follows them, they are judged again. */
async function stage(
  work: Work,
  place: SettledPlace,
  known: readonly BalanceTransaction[],
  page: SettledPage,
) {
  const { db } = work.deps;
  for (;;) {
    const beside = await keptBeside(db, place, known);
    const rows = await toSettle(work, place, known);
    const staged = await stageSettled(db, page, rows, beside);
    if (staged) return { ...staged, rows: rows.length };
  }
}

async function toSettle(
  work: Work,
  place: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<SettledRow[]> {
  const { chart } = place;
  const knownBy = await knownOf(work.deps.db, place, rows);
  const judged = rows.map((bt) => {
    const known = knownBy(bt);
    return { bt, known, legs: legsOf(bt, known, chart) };
  });
  const { deps, connection, attempt } = work;
  // The ledger is asked where rows are read again, and not about every new one.
  const asked = mayBeForgotten(work) ? { ledger: connection.ledger, signal: attempt.signal } : null;
  const booked = await withLateBeginnings(deps.db, place, judged, asked);
  const overruled = await withOverruled(deps.db, place, booked, asked);
  const settled = await withWaited(deps.db, place, overruled, asked);
  return settled.map(({ bt, known, legs }) => ({
    bt,
    isBefore: isBefore(bt, chart),
    awaits: awaitsOf(bt, known, chart),
    legs,
  }));
}

/** Whether rows are read again, as after a lost database, and the ledger can be asked what it holds of them. */
function mayBeForgotten({ connection, page }: Work): boolean {
  return page.window.to !== null && may(connection.grants, 'data:read');
}

/** Payments asked for at once. */
const ASKED_AT_ONCE = 8;

/**
 * A charge is in the balance and its payment has no row: Stripe told no event of it, or tells it late. Booked here,
 * its money does not go by way of what is not applied.
 */
async function bookUnknown(
  work: Work,
  { instanceId, chart }: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<void> {
  const { deps, page } = work;
  const paid = rows.filter((bt) => isPaid(bt) && !isBefore(bt, chart));
  const { paymentIntentIds: ids } = idsOfPayments(paid);
  const known = await knownPayInsOf(deps.db, instanceId, ids, []);
  const there = new Set(known.map(({ id }) => id));
  const unknown = ids.filter((id) => !there.has(id));
  const found: PayIn[] = [];
  try {
    await atOnce(unknown, ASKED_AT_ONCE, work.attempt.signal, async (id, signal) => {
      const payIn = await readPayIn({ ...work, attempt: { ...work.attempt, signal } }, id);
      if (payIn) found.push(payIn);
    });
  } finally {
    // Also when one of them fails: a repeat asks for the rest alone.
    if (found.length > 0) await stageFound(deps.db, page, found);
  }
  // By an attempt before this one, which has not come to send it.
  const isStaged = known.some(({ state }) => state === 'staged');
  if (found.length > 0 || isStaged) await send(work);
}

/** One that Stripe does not tell of goes by way of what is not applied, and is asked for again later. */
async function readPayIn(work: Work, id: string): Promise<PayIn | null> {
  const { connection, attempt } = work;
  const answer = await askAbout(work, id, () => connection.stripe.readPayIn(id, attempt.signal));
  return ('told' in answer ? answer.told?.payIn : null) ?? null;
}

function isPaid(bt: BalanceTransaction): boolean {
  const { source } = bt;
  return kindOf(bt) === 'charge' && source.object === 'charge' && source.status === 'succeeded';
}
