/**
 * A dry run: reads Stripe, judges every pay-in and looks it up in the ledger, as a sync does and by the
 * same rules, but posts nothing and writes nothing.
 */
import { decideOpen, type Found } from '../domain/decide';
import type { Outcome } from '../domain/outcomes';
import type { PayIn } from '../domain/pay-in';
import { KINDS } from '../domain/kinds/table';
import { may } from '../domain/permissions';
import { pauseOf, PLANNED, toPlan, type Plan, type PlannedPayment } from '../domain/plan';
import type { PostingContext } from '../domain/posting';
import type { ReasonCode } from '../domain/reasons';
import type { Scope } from '../domain/sync';
import { addTallies, NO_TALLY, tally, type TallyRow } from '../domain/tally';
import { isAhead, isExpired, isLookBackDue, planLookBack } from '../domain/window';
import type { Db } from '../store/db';
import { backlogIds } from '../store/backlog';
import { knownPayIns, type KnownPayIn } from '../store/staging';
import { findPayIn } from '../store/movements';
import type { Connection } from './deps';
import { listAnew, readDry, type DryReading, type PlannedWindow } from './dry-reading';
import { startOfListing } from './reading/listing-start';
import { lookUpAll } from './posting/look-up';
import { asResumed } from './pause';
import { patiently } from './reading/patiently';
import { postingContextOf } from './posting/posting-context';

const BATCH = 100;

export interface DryRunParts {
  readonly db: Db;
  readonly ends: Connection;
  /** Told how many pay-ins have been found so far. */
  readonly show: (found: number) => void;
  /** Told each payment, a page at a time: a plan of everything may be of millions. */
  readonly list?: (payments: readonly PlannedPayment[]) => void;
}

/** @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED, SOURCE_CHANGED, NOT_FOUND, STRIPE_*, BLNK_* */
export async function dryRun(
  { db, ends, show, list }: DryRunParts,
  scope: Scope,
  acceptSource: boolean,
): Promise<Plan> {
  const instanceId = ends.config.id;
  const dry = await readDry(db, ends, scope, acceptSource);
  const { instance, judged, trusted, backlogOf } = dry;
  let { readTo } = dry;
  let context = postingContextOf('', judged, instance);
  const seen = new Set<string>();
  let total = NO_TALLY;

  const take = async (candidates: readonly Candidate[]) => {
    const fresh = [...new Map(candidates.map((one) => [one.payIn.id, one])).values()].filter(
      ({ payIn }) => !seen.has(payIn.id),
    );
    for (const { payIn } of fresh) seen.add(payIn.id);
    const outcomes = await outcomesOf(fresh, context, ends);
    list?.(outcomes.map(toPayment));
    total = addTallies(total, tally(outcomes.filter(({ isCounted }) => isCounted)));
    show(total.counts.found);
  };

  if (backlogOf !== undefined) {
    for (let page = await backlogIds(db, backlogOf, BATCH); page.last;) {
      const rows = await Promise.all(page.ids.map((id) => findPayIn(db, instanceId, id)));
      const there = rows.filter((row) => row !== undefined);
      await take(
        there.map((row) => ({ payIn: row, row, wasSetAside: row.state === 'quarantined' })),
      );
      page = await backlogIds(db, backlogOf, BATCH, page.last);
    }
  }
  const windows = [...dry.windows];
  for (let window = windows.shift(); window; window = windows.shift()) {
    let { cursor } = window;
    do {
      const page = await patiently(() => ends.stripe.readPage(window, cursor, NEVER));
      const { answeredAt } = page;
      if (isExpired(window, cursor, page)) {
        const start = await patiently(() => startOfListing(db, ends.stripe, answeredAt, NEVER));
        context = postingContextOf('', { ...judged, listingStartedAt: start.startedAt }, instance);
        readTo = isAhead(window, answeredAt) ? null : await readToOf(dry, ends);
        windows.push(...listAnew(start, context.since, readTo));
        break;
      }
      const lookedBackAt = trusted?.lookedBackAt ?? null;
      if (cursor === null && isLookBackDue(window, lookedBackAt, answeredAt)) {
        windows.push({ ...planLookBack(window), cursor: null, listingId: null });
      }
      await take(await toHandle(db, instanceId, window, page.payIns));
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
  const plan = toPlan(instanceId, scope, total, may(ends.grants, 'data:read'));
  return {
    ...plan,
    ...(readTo !== null && { afterPause: pauseOf(readTo) }),
    ...(dry.movementsLeftOut && { movementsLeftOut: dry.movementsLeftOut }),
  };
}

/** Of a watermark that has turned out too old: how far it was read, where that counts. */
async function readToOf(
  { trusted, movements }: DryReading,
  ends: Connection,
): Promise<number | null> {
  const readTo = trusted?.watermark ?? null;
  const expired = { watermark: null, readTo, listingId: null, listingStartedAt: null };
  return (await asResumed(expired, movements, ends, NEVER)).readTo;
}

interface Candidate {
  readonly payIn: PayIn;
  /** What our record says of it; undefined: no sync has seen it. */
  readonly row?: Pick<KnownPayIn, 'closedAt' | 'closedBy' | 'reason' | 'reference'>;
  /** A retry that fails again was counted by the sync that set it aside. */
  readonly wasSetAside?: boolean;
}

/** As staging does: what has an outcome stays, and times that were known before are kept. */
async function toHandle(
  db: Db,
  instanceId: string,
  window: PlannedWindow,
  payIns: readonly PayIn[],
): Promise<Candidate[]> {
  const rows = await knownPayIns(db, instanceId, window, payIns);
  const known = new Map(rows.map((row) => [row.id, row]));
  return payIns.flatMap((payIn) => {
    const row = known.get(payIn.id);
    if (!row) return [{ payIn }];
    const { handled, succeededAt, chargedAt } = row;
    return handled ? [] : [{ payIn: { ...payIn, succeededAt, chargedAt }, row }];
  });
}

interface Judged extends TallyRow {
  readonly id: string;
  readonly state: Outcome;
  readonly isCounted: boolean;
}

async function outcomesOf(
  candidates: readonly Candidate[],
  context: PostingContext,
  { ledger, grants }: Connection,
): Promise<Judged[]> {
  const judged = candidates.map((one) => ({
    ...one,
    verdict: KINDS.pay_in.judge(one.payIn, context),
  }));
  const references = judged.flatMap(({ verdict }) =>
    verdict.kind === 'post' ? [verdict.posting.reference] : [],
  );
  const held = candidates.map(({ row }) => row?.reference ?? null);
  const found: Found | undefined = may(grants, 'data:read')
    ? await patiently(() => lookUpAll(ledger, references, NEVER, held))
    : undefined;
  return judged.map(({ payIn, row, wasSetAside, verdict }) => {
    const outcome = (state: Outcome, reason: ReasonCode | null = null): Judged => ({
      ...{ id: payIn.id, state, reason, currency: payIn.currency, count: 1, newly: 0 },
      amount: (payIn.amount ?? 0n).toString(),
      isCounted: !(state === 'quarantined' && wasSetAside === true),
    });
    if (verdict.kind === 'before_since') return outcome('before_since');
    if (verdict.kind === 'set_aside') return outcome('quarantined', verdict.reason);
    const decision = decideOpen(verdict.posting, found, context.syncId, row, row?.reference);
    if (decision.kind === 'set_aside') return outcome('quarantined', decision.reason);
    return outcome(decision.kind === 'there' ? 'already_posted' : 'posted');
  });
}

function toPayment({ id, state, reason, amount, currency }: Judged): PlannedPayment {
  const code = currency?.toUpperCase() ?? null;
  return { paymentIntentId: id, outcome: PLANNED[state], amount, currency: code, reason };
}

const NEVER = new AbortController().signal;
