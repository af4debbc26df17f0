/**
 * Legs that follow: of rows whose pay-in is booked by now, of charges without a PaymentIntent that have succeeded, of
 * rows that do not add up to their pay-in, and of disputes that are final; and pay-ins that nothing has told of yet. A
 * page of our own at a time, as the backlog's, which is sent as every other.
 */
import { accountOf, type Account } from '../../domain/movements/accounts';
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import {
  appliedLegs,
  awaitsOf,
  openingLegs,
  overruledLegs,
} from '../../domain/movements/follow-ups';
import { pageIdOf } from '../../domain/ids';
import { kindOf } from '../../domain/kinds/choice';
import { FOLLOW_UPS_NOT_READ } from '../../domain/notes';
import type { Queries } from '../../store/db';
import { dueBookings } from '../../store/follow-ups';
import { bookedLegsOf } from '../../store/legs';
import { findEnabled } from '../../store/openings';
import {
  findFollowUps,
  stageFollowUps,
  type FollowedRow,
  type FollowUps,
} from '../../store/settled-staging';
import type { Attempt } from '../attempt';
import type { Connection, EngineDeps } from '../deps';
import { standsOn } from './booked-ends';
import { followDisputes } from './disputes';
import type { FetchInput, FetchResult } from '../reading/fetch-page';
import type { Followed, Following } from './following';
import { checkInstance } from '../instance-settings';
import { knownOf, type SettledPlace } from './known-of';
import { followLoneCharges } from './lone-charges';
import { followSums } from './sums';
import { followUnknownPayments } from './unknown-payments';
import { windowToRead } from '../reading/window-to-read';

/** Rows, charges and disputes that one page takes, together. */
const PAGE = 100;

/**
 * @param stripeTells false: it has failed for as long as it is waited for. What it is to be asked is left to the next
 *   run, which the sync's notes tell
 * @returns a page of legs; `expired` where its window is none of this sync's any more
 */
export async function settleFollowUps(
  deps: EngineDeps,
  input: FetchInput,
  connection: Connection,
  attempt: Attempt,
  stripeTells = true,
): Promise<FetchResult> {
  const { db } = deps;
  const { syncId, instanceId, cursor } = input;
  const found = await windowToRead(deps, input, connection, attempt);
  if (!found) return { kind: 'expired' };
  const { window } = found;
  const { sourceId } = found.source;
  const pageId = pageIdOf(syncId, window.windowId, cursor);
  const before = await findFollowUps(db, pageId);
  if (before) return { kind: 'page', pageId, ...before, windows: [] };
  const { balances } = await checkInstance(db, connection.config);
  const enabled = await findEnabled(db, sourceId);
  const page = { pageId, syncId, instanceId, window, cursor, sourceBalance: balances.source };
  const due = enabled
    ? await gather({
        ...{ deps, connection, attempt, page, asks: stripeTells },
        place: {
          ...{ instanceId, sourceId },
          ...{ openedAt: enabled.openedAt, countedTo: enabled.countedTo },
          chart: { balances, cutOver: enabled.cutOver },
        },
      })
    : NONE;
  if (!stripeTells) deps.log.error({ syncId, instanceId }, 'follow_ups.given_up');
  const staged = await stageFollowUps(db, page, due, stripeTells ? undefined : FOLLOW_UPS_NOT_READ);
  return { kind: 'page', pageId, ...staged, windows: [] };
}

const NONE: FollowUps = { rows: [], disputes: [], legs: [] };

const STEPS = [
  followBookings,
  followLoneCharges,
  followUnknownPayments,
  followSums,
  followDisputes,
] as const;

/** What is due, one kind after the other until the page is full. */
async function gather(following: Following): Promise<FollowUps> {
  let left = PAGE;
  let due = NONE;
  for (const step of STEPS) {
    if (left <= 0) break;
    const { rows = [], disputes = [], legs, taken } = await step(following, left);
    left -= taken;
    due = {
      rows: [...due.rows, ...rows],
      disputes: [...due.disputes, ...disputes],
      legs: [...due.legs, ...legs],
    };
  }
  return due;
}

/** Of rows whose pay-in is booked, or was found to be from before SYNC_SINCE. */
async function followBookings(
  { deps: { db }, place }: Following,
  limit: number,
): Promise<Followed> {
  const due = await dueBookings(db, place.sourceId, limit);
  const known = await knownOf(db, place, due);
  const { chart } = place;
  const isOn = await standing(db, place, due);
  const rows = due.map((bt): FollowedRow => {
    const awaits = awaitsOf(bt, known(bt), chart);
    // A booking follows once; what it does not add up to is seen to later.
    const isOver = awaits === 'booking' && known(bt).payIn.state === 'booked';
    return { btId: bt.id, awaits: isOver ? null : awaits };
  });
  const legs = due.flatMap((bt) => {
    const follow = isOn('opening', bt) ? overruledLegs : appliedLegs;
    // After a lost database it is found where it was booked once: with its payer, if that was known then.
    const isThere = kindOf(bt) === 'failed_charge' && !isOn('unapplied', bt);
    return [...(isThere ? [] : follow(bt, known(bt), chart)), ...openingLegs(bt, known(bt), chart)];
  });
  return { rows, legs, taken: due.length };
}

/** @returns whether the money of one of these rows is on an account */
async function standing(
  db: Queries,
  place: SettledPlace,
  rows: readonly BalanceTransaction[],
): Promise<(account: Account, bt: BalanceTransaction) => boolean> {
  const legs = await bookedLegsOf(
    db,
    place,
    rows.map(({ id }) => id),
  );
  return (account, { id }) => {
    const isThere = standsOn(accountOf(account, place.chart.balances));
    return legs.some((leg) => leg.btId === id && isThere(leg));
  };
}
