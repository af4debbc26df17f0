/**
 * The dry run of `sync --plan`: reads Stripe, judges every pay-in and looks it up in the ledger, as a
 * sync does, but posts nothing and writes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../engine/deps';
import { startOfListing } from '../engine/listing-start';
import { lookUpAll } from '../engine/look-up';
import { sinceOf } from '../engine/source';
import { keptAside } from '../domain/closing';
import { decide } from '../domain/decide';
import { SyncError } from '../domain/errors';
import type { PayIn, PayInState } from '../domain/pay-in';
import { judge, type PostingContext } from '../domain/posting';
import type { ReasonCode } from '../domain/reasons';
import { addCounts, NO_COUNTS, type Scope } from '../domain/sync';
import { sumAmounts, sumReasons, tally, type Tally, type TallyRow } from '../domain/tally';
import { isLookBackDue, planLookBack, WATERMARK_LIFETIME } from '../domain/window';
import type { Db } from '../store/db';
import { findPayIn } from '../store/pay-ins';
import { backlogIds, knownPayIns } from '../store/overview';
import { isListing } from '../store/windows';
import type { StripePage, StripeReader } from '../stripe/client';
import { toPlan, type Plan, type PlannedPayment } from './plan-result';
import { listEverything, planReading, type PlannedWindow } from './plan-windows';

const BATCH = 100;

export interface PlanParts {
  readonly db: Db;
  readonly ends: Connection;
  /** Told how many pay-ins have been found so far. */
  readonly show: (found: number) => void;
  /** Told each payment, a page at a time: a plan of everything may be of millions. */
  readonly list?: (payments: readonly PlannedPayment[]) => void;
}

export async function planSync(
  { db, ends, show, list }: PlanParts,
  scope: Scope,
  acceptSource: boolean,
): Promise<Plan> {
  const instanceId = ends.config.id;
  const reading = await planReading(db, ends, scope, acceptSource);
  const since = sinceOf(reading.instance);
  const posting: PostingContext = {
    syncId: '',
    livemode: ends.stripe.livemode,
    sourceBalance: reading.instance.sourceBalance,
    guestBalance: reading.instance.guestBalance,
    since,
    eventsReachSince: reading.windows.some(
      ({ feed, from, unreadFrom }) =>
        feed === 'events' && since !== null && (unreadFrom ?? from ?? since) <= since,
    ),
  };
  const seen = new Set<string>();
  const kept = new Map<string, ReasonCode>();
  let total: Tally = { counts: NO_COUNTS, newlyQuarantined: 0, amounts: {}, reasons: {} };

  const take = async (payIns: readonly PayIn[], countedBefore: ReadonlySet<string> = new Set()) => {
    const fresh = [...new Map(payIns.map((payIn) => [payIn.id, payIn])).values()].filter(
      ({ id }) => !seen.has(id),
    );
    for (const { id } of fresh) seen.add(id);
    const judged = await judgeAll(fresh, posting, ends.ledger, { kept });
    list?.(judged.map(toPayment));
    // A retry that fails again was counted by the sync that set it aside.
    const counted = judged.filter(
      ({ state, id }) => state !== 'quarantined' || !countedBefore.has(id),
    );
    total = add(total, tally(counted));
    show(total.counts.found);
  };

  const { backlogOf } = reading;
  if (backlogOf !== undefined) {
    let page = await backlogIds(db, backlogOf, BATCH);
    while (page.last) {
      const { ids, last } = page;
      const rows = await Promise.all(ids.map((id) => findPayIn(db, instanceId, id)));
      const there = rows.filter((row) => row !== undefined);
      const setAside = there.filter(({ state }) => state === 'quarantined').map(({ id }) => id);
      await take(there, new Set(setAside));
      page = await backlogIds(db, backlogOf, BATCH, last);
    }
  }
  const windows = [...reading.windows];
  for (let window = windows.shift(); window; window = windows.shift()) {
    let { cursor } = window;
    do {
      const page = await patiently(() => readPage(ends.stripe, window, cursor));
      const { answeredAt } = page;
      if (isTooOld(window, page)) {
        const start = await patiently(() => startOfListing(db, ends.stripe, answeredAt, NEVER));
        windows.push(...listEverything(start, since));
        break;
      }
      const lookedBackAt = reading.trusted?.lookedBackAt ?? null;
      if (cursor === null && isLookBackDue(window, lookedBackAt, answeredAt)) {
        windows.push({ ...planLookBack(window), cursor: null, listingId: null });
      }
      await take(await toHandle(window, page.payIns));
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
  return toPlan(instanceId, scope, total);

  /** As staging does: what has an outcome stays, and times that were known before are kept. */
  async function toHandle(window: PlannedWindow, payIns: readonly PayIn[]): Promise<PayIn[]> {
    const rows = await knownPayIns(db, instanceId, payIns, {
      isEvent: !isListing(window.feed),
      listing: isListing(window.feed) ? (window.listingId ?? '') : window.takesOver,
    });
    const known = new Map(rows.map((row) => [row.id, row]));
    return payIns.flatMap((payIn) => {
      const row = known.get(payIn.id);
      if (!row) return [payIn];
      const reason = keptAside(row);
      if (reason !== null) kept.set(payIn.id, reason);
      const { handled, succeededAt, chargedAt } = row;
      return handled ? [] : [{ ...payIn, succeededAt, chargedAt }];
    });
  }
}

interface Judged extends TallyRow {
  readonly id: string;
  readonly state: Exclude<PayInState, 'staged'>;
}

const WOULD_BE = {
  posted: 'to_post',
  already_posted: 'already_posted',
  quarantined: 'to_set_aside',
  before_since: 'before_since',
} as const satisfies Record<Judged['state'], PlannedPayment['outcome']>;

function toPayment({ id, state, reason, amount, currency }: Judged): PlannedPayment {
  const code = currency?.toUpperCase() ?? null;
  return { paymentIntentId: id, outcome: WOULD_BE[state], amount, currency: code, reason };
}

async function judgeAll(
  payIns: readonly PayIn[],
  context: PostingContext,
  ledger: Parameters<typeof lookUpAll>[0],
  before: {
    /** Closed by a person, so that they are not posted. */
    readonly kept: ReadonlyMap<string, ReasonCode>;
  },
): Promise<Judged[]> {
  const outcome = (
    payIn: PayIn,
    state: Judged['state'],
    reason: ReasonCode | null = null,
  ): Judged => ({
    id: payIn.id,
    state,
    currency: payIn.currency,
    reason,
    count: 1,
    amount: (payIn.amount ?? 0n).toString(),
    newly: 0,
  });
  const judged = payIns.map((payIn) => ({ payIn, verdict: judge(payIn, context) }));
  const references = judged.flatMap(({ verdict }) =>
    verdict.kind === 'post' ? [verdict.posting.reference] : [],
  );
  const found = await patiently(() => lookUpAll(ledger, references, NEVER));
  return judged.map(({ payIn, verdict }) => {
    if (verdict.kind === 'before_since') return outcome(payIn, 'before_since');
    if (verdict.kind === 'set_aside') return outcome(payIn, 'quarantined', verdict.reason);
    const decision = decide(verdict.posting, found, context.syncId);
    switch (decision.kind) {
      case 'post': {
        const reason = before.kept.get(payIn.id);
        return reason ? outcome(payIn, 'quarantined', reason) : outcome(payIn, 'posted');
      }
      case 'there':
        return outcome(payIn, 'already_posted');
      case 'set_aside':
        return outcome(payIn, 'quarantined', decision.reason);
    }
  });
}

async function readPage(
  stripe: StripeReader,
  window: PlannedWindow,
  cursor: string | null,
): Promise<StripePage> {
  switch (window.feed) {
    case 'payment_intents':
      return stripe.listPayIns(window, cursor, NEVER);
    case 'charges':
      return stripe.listCharges(window, cursor, NEVER);
    case 'events':
      return stripe.listSuccesses(window.from, cursor, NEVER, window.to);
    case 'payment_intent': {
      const id = window.paymentIntentId ?? '';
      const read = await stripe.readPayIn(id, NEVER, window.withCharge);
      if (!read) throw new SyncError('NOT_FOUND', { payment_intent: id });
      const { payIn, answeredAt } = read;
      const payIns = payIn ? [payIn] : [];
      return { payIns, nextCursor: null, answeredAt, span: null, newest: null };
    }
    case 'backlog':
      throw new Error('the backlog is not read from Stripe');
  }
}

/** Stripe keeps events for 30 days: a sync would list everything instead. */
function isTooOld({ feed, from, to, unreadFrom }: PlannedWindow, page: StripePage): boolean {
  const start = unreadFrom ?? from;
  if (feed !== 'events' || to !== null || start === null) return false;
  return page.answeredAt - start > WATERMARK_LIFETIME;
}

const NEVER = new AbortController().signal;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** A sync leaves repeats to Temporal; a plan of many pages must outlast a hiccup by itself. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SyncError && error.retryable)) throw error;
      await sleep(Math.max(waitMs, error.retryAfterMs ?? 0));
    }
  }
  return work();
}

function add(a: Tally, b: Tally): Tally {
  return {
    counts: addCounts(a.counts, b.counts),
    newlyQuarantined: 0,
    amounts: sumAmounts([a.amounts, b.amounts]),
    reasons: sumReasons([a.reasons, b.reasons]),
  };
}
