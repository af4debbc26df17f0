/**
 * Runs of a driven world whose movements are carried over, up to their proofs, without a workflow: pay-ins and
 * Stripe's rows are read, booked by the chart and posted, and `reconcile` is asked until it is done.
 */
import { judge, legsOf } from '../../../src/domain/chart';
import { awaitsBooking } from '../../../src/domain/follow-ups';
import { isBefore } from '../../../src/domain/bookable';
import { isInLedger } from '../../../src/domain/outcomes';
import { KINDS } from '../../../src/domain/kinds/table';
import { NOTHING_KNOWN, type Known } from '../../../src/domain/known';
import type { Chart } from '../../../src/domain/leg';
import type { Posting, Verdict } from '../../../src/domain/posting';
import type { ProofState } from '../../../src/domain/proof';
import { planBacklog, type WindowPlan } from '../../../src/domain/window';
import type { Attempt } from '../../../src/engine/attempt';
import { checkInstance } from '../../../src/engine/instance-settings';
import { postingContextOf } from '../../../src/engine/posting-context';
import { takeReading } from '../../../src/engine/reading';
import { reconcile } from '../../../src/engine/reconcile';
import { checkSource } from '../../../src/engine/source';
import { claimBacklog } from '../../../src/store/backlog';
import { idsOfPayments, knownPayInsOf } from '../../../src/store/known-pay-ins';
import { stagedLegs } from '../../../src/store/legs';
import { stagedPayIns, writeOutcomes, type MovementOutcome } from '../../../src/store/movements';
import { enableMovements, type KeptOpening } from '../../../src/store/openings';
import { savePage, saveSettledPage } from '../../../src/store/pages';
import { hasUnplaced } from '../../../src/store/proof';
import { latestProof, type StoredProof } from '../../../src/store/proofs';
import { stageSettled } from '../../../src/store/settled-staging';
import { currentSource } from '../../../src/store/sources';
import { stagePage } from '../../../src/store/staging';
import { openSync } from '../../../src/store/syncs';
import { countWindows, insertWindows, openWindows, type WindowRow } from '../../../src/store/windows';
import type { BalanceTransaction } from '../../../src/domain/balance-transaction';
import type { DrivenWorld } from './driver-world';

export const ATTEMPT: Attempt = {
  signal: new AbortController().signal,
  handled: () => undefined,
  succeeded: () => undefined,
};

const OVERLAP = 600;

export interface SettledRun {
  readonly syncId: string;
  readonly proof: StoredProof | undefined;
  readonly state: ProofState | null;
  /** How often the proof had to be asked for. */
  readonly asked: number;
}

export interface RunOptions {
  /** Before the proof is asked for. */
  readonly meanwhile?: () => Promise<void>;
  readonly trigger?: 'schedule' | 'cli';
}

export interface SettledWorld {
  enable(cutOver: number | null, openings?: readonly KeptOpening[]): Promise<void>;
  run(options?: RunOptions): Promise<SettledRun>;
  sourceId(): Promise<string>;
}

let syncs = 0;

export function settledWorld(world: DrivenWorld): SettledWorld {
  const { db, instanceId } = world;
  let readTo = 0;
  let cutOver: number | null = null;

  async function sourceId(): Promise<string> {
    const known = await currentSource(db, instanceId);
    if (known) return known.sourceId;
    const { syncId } = await begin('schedule');
    const { source } = await checkSource(db, world.connection, { syncId, accept: true }, ATTEMPT.signal);
    return source.sourceId;
  }

  async function begin(trigger: 'schedule' | 'cli') {
    await db.query(
      `update stripe_syncs set status = 'failed' where instance_id = $1 and status = 'running'`,
      [instanceId],
    );
    const syncId = `sync_${instanceId}_${syncs++}`;
    const owner = { workflowId: syncId, firstRunId: syncId };
    await openSync(db, { syncId, instanceId, trigger, scope: { kind: 'full' }, ...owner });
    return { syncId };
  }

  async function plan(syncId: string, plans: readonly WindowPlan[]) {
    const round = await countWindows(db, syncId);
    const of = { syncId, sourceId: await sourceId(), listingId: null, round, plans };
    await db.transaction((tx) => insertWindows(tx, of));
  }

  async function drain(syncId: string): Promise<void> {
    if (await hasUnplaced(db, await sourceId())) await plan(syncId, [planBacklog()]);
    for (const window of await openWindows(db, syncId, null)) await read(syncId, window);
  }

  async function read(syncId: string, window: WindowRow): Promise<void> {
    for (let cursor: string | null = null, page = 0; ; page += 1) {
      const pageId = `page_${window.windowId}_${page}`;
      const own = { pageId, syncId, instanceId, window, cursor };
      const next: string | null = await pageOf(own);
      await post(syncId, pageId);
      if (window.feed === 'balance_transactions') await saveSettledPage(db, syncId, pageId);
      else await savePage(db, syncId, pageId);
      if (next === null) return;
      cursor = next;
    }
  }

  interface Page {
    readonly pageId: string;
    readonly syncId: string;
    readonly instanceId: string;
    readonly window: WindowRow;
    readonly cursor: string | null;
  }

  async function pageOf(page: Page): Promise<string | null> {
    const { window, cursor } = page;
    const { stripe } = world.connection;
    if (window.feed === 'backlog') return (await claimBacklog(db, page)).nextCursor;
    if (window.feed !== 'balance_transactions') {
      const answer = await stripe.readPage({ ...window, feed: window.feed }, cursor, ATTEMPT.signal);
      await stagePage(db, { ...page, nextCursor: answer.nextCursor, answer }, answer.payIns);
      return answer.nextCursor;
    }
    const { balances } = await checkInstance(db, world.connection.config);
    const chart: Chart = { balances, cutOver };
    const answer = await stripe.listTransactions(window, cursor, ATTEMPT.signal);
    const { nextCursor, answeredAt } = answer;
    const known = await knownOf(answer.rows);
    const rows = answer.rows.map((bt) => ({
      ...{ bt, isBefore: isBefore(bt, chart), legs: legsOf(bt, known(bt), chart) },
      awaits: awaitsBooking(bt, known(bt), chart) ? ('booking' as const) : null,
    }));
    await stageSettled(
      db,
      {
        ...{ ...page, nextCursor, answer: { answeredAt, newest: null } },
        sourceBalance: balances.source,
      },
      rows,
    );
    return nextCursor;
  }

  async function knownOf(rows: readonly BalanceTransaction[]) {
    const { paymentIntentIds, chargeIds } = idsOfPayments(rows);
    const known = await knownPayInsOf(db, instanceId, paymentIntentIds, chargeIds);
    return ({ source }: BalanceTransaction): Known => {
      const of = 'paymentIntentId' in source ? source.paymentIntentId : null;
      const row = known.find(({ id, state }) => id === of && isInLedger(state));
      if (!row || row.amount === null || row.currency === null) return NOTHING_KNOWN;
      const { id, chargeId, payer, amount, currency } = row;
      const payIn = { state: 'booked', id, chargeId, payer, amount, currency } as const;
      return { begunBefore: false, payIn: { ...payIn, datedAt: row.datedAt ?? 0 } };
    };
  }

  async function post(syncId: string, pageId: string): Promise<void> {
    const { source } = await checkSource(db, world.connection, { syncId, accept: true }, ATTEMPT.signal);
    const page = { syncId, instanceId, pageId, sourceId: source.sourceId };
    const instance = await checkInstance(db, world.connection.config);
    const context = postingContextOf(syncId, source, instance);
    const legs = await stagedLegs(db, page);
    const payIns = await stagedPayIns(db, page);
    const outcomes = [
      ...(await Promise.all(legs.map((leg) => settle(leg.id, judge(leg, context))))),
      ...(await Promise.all(
        payIns.map((row) => settle(row.id, KINDS.pay_in.judge(row, context))),
      )),
    ];
    if (outcomes.length > 0) await writeOutcomes(db, page, outcomes, instance);
  }

  async function settle(movementId: string, verdict: Verdict): Promise<MovementOutcome> {
    if (verdict.kind === 'before_since') return { kind: 'before_since', movementId };
    if (verdict.kind === 'set_aside') {
      return { kind: 'quarantined', movementId, reason: verdict.reason };
    }
    const { posting } = verdict;
    const { ledger } = world.connection;
    const [there] = await ledger.lookUp([posting.reference], ATTEMPT.signal);
    if (there) return thereOf(posting, there);
    const posted = await ledger.post(posting, ATTEMPT.signal);
    if (posted.kind !== 'applied') return { kind: 'quarantined', movementId, reason: 'CONFLICT' };
    const { transactionId, bookedAt } = posted;
    return { kind: 'posted', movementId, reference: posting.reference, transactionId, bookedAt };
  }

  function thereOf(
    { movementId, reference, amount }: Posting,
    there: { transactionId: string; amount: bigint | null; bookedAt: Date | null },
  ): MovementOutcome {
    const { transactionId, bookedAt } = there;
    if (there.amount !== amount) return { kind: 'quarantined', movementId, reason: 'CONFLICT' };
    return { kind: 'already_posted', movementId, reference, transactionId, bookedAt };
  }

  return {
    sourceId,
    async enable(from, openings = []) {
      cutOver = from;
      const enabling = { instanceId, sourceId: await sourceId(), cutOver, by: 'test' };
      await db.transaction((tx) => enableMovements(tx, enabling, openings));
    },
    async run({ meanwhile, trigger = 'schedule' } = {}) {
      const own = { instanceId, sourceId: await sourceId() };
      const { syncId } = await begin(trigger);
      await takeReading(world.deps, { syncId, ...own }, world.connection, ATTEMPT.signal);
      const from = Math.max(0, readTo - OVERLAP);
      readTo = world.clock.nowSeconds();
      await plan(syncId, [
        { feed: 'payment_intents', from, to: readTo, withCharge: true },
        { feed: 'balance_transactions', from, to: null, withCharge: false },
      ]);
      await drain(syncId);
      await meanwhile?.();
      for (let asked = 1; ; asked += 1) {
        const deps = { ...world.deps, isOwnerOpen: () => Promise.resolve(true) };
        const result = await reconcile(deps, { instanceId, syncId }, world.connection, ATTEMPT);
        if (result.kind === 'done') {
          const proof = await latestProof(db, instanceId);
          return { syncId, proof, state: result.state, asked };
        }
        if (asked > 20) throw new Error('the search for a fault does not end');
        await drain(syncId);
      }
    },
  };
}
