/**
 * reconcile: when a run has read and posted everything that it could, its proof: do Stripe's balance, our rows and
 * the ledger agree? Of one that is broken, each step is taken that may tell by what (domain/proof/proof-walk.ts). What
 * a step finds missing is read or posted by the run itself, and the proof is made once more.
 */
import { SyncError } from '../../domain/errors';
import { mergeItems, type ProofItem } from '../../domain/proof/proof-items';
import { isSound, prove, type Proof, type ProofState } from '../../domain/proof/proof';
import type { OpeningWait } from '../../domain/opening/opening-wait';
import {
  beginWalk,
  isUnderWay,
  nextStep,
  walked,
  type EarlierWalk,
} from '../../domain/proof/proof-walk';
import { readClock } from '../../store/db';
import { hasFollowUps } from '../../store/follow-ups';
import type { SourceRow } from '../../store/sources';
import { findEnabled } from '../../store/openings';
import { hasUnplaced } from '../../store/proof';
import {
  lastTimes,
  latestProof,
  saveProof,
  trimProofs,
  type StoredProof,
} from '../../store/proofs';
import { unreadRows } from '../../store/row-reading';
import { listedTo } from '../../store/rows-again';
import { settledSums } from '../../store/settled-sums';
import { findSync, type SyncRow } from '../../store/syncs';
import { readWalk, saveWalk, type Awaited, type KeptWalk } from '../../store/walks';
import type { Attempt } from '../attempt';
import { openWhenCertain } from '../opening/awaited-opening';
import type { Connection, EngineDeps } from '../deps';
import { createSilence } from '../reading/silence';
import { recountPostedAgain } from './healing';
import { checkInstance } from '../instance-settings';
import { keepJudgements, readingsToJudge, type Readings } from './judged-readings';
import { readLedger, type LedgerSide } from './ledger-side';
import { hasPlannedFollowUps } from '../movements/plan-movements';
import { readFacts } from './proof-facts';
import { lookAgain, lookBeside, settledItems, take, type Taken } from './proof-steps';
import type { ProofWork } from './proof-work';
import { checkSource } from '../source';
import { findHeldOpenings } from '../opening/taken-opening';

export interface ReconcileInput {
  readonly instanceId: string;
  readonly syncId: string;
}

export type ReconcileResult =
  /** null: movements are not carried over, and nothing was proven. */
  | { readonly kind: 'done'; readonly state: ProofState | null }
  /** Something is to be read or posted first: plan again, and ask again. */
  | { readonly kind: 'again' };

/** Most postings that are added up with every proof; of more, once a day, and when a person asks. Some 0.2 s. */
const COUNTED = 50_000;

const DAY = 24 * 60 * 60;

/** @param ledgerTells false: it has failed for as long as it is waited for */
export async function reconcile(
  deps: EngineDeps,
  { instanceId, syncId }: ReconcileInput,
  connection: Connection,
  attempt: Attempt,
  ledgerTells = true,
): Promise<ReconcileResult> {
  const { db } = deps;
  const sync = await findSync(db, syncId);
  if (sync?.status !== 'running') throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
  if (sync.scope.kind !== 'full') return NOT_ENABLED;
  // A worker that was restarted with other settings must not ask another ledger.
  const { source } = await checkSource(db, connection, { syncId, accept: false }, attempt.signal);
  const { sourceId } = source;
  const enabled = await findEnabled(db, sourceId);
  if (!enabled) return NOT_ENABLED;
  // Staged again by an attempt that ended before it could say so.
  if (ledgerTells && (await hasUnplaced(db, sourceId))) return { kind: 'again' };
  // Of what this sync has read: an idle one has no step for it.
  const mayFollow = ledgerTells && !(await hasPlannedFollowUps(db, syncId));
  if (mayFollow && (await hasFollowUps(db, sourceId))) return { kind: 'again' };
  const { balances } = await checkInstance(db, connection.config);
  const own = { syncId, instanceId, sourceId };
  const times = await lastTimes(db, own);
  const asked: ProofWork = {
    ...{ db, log: deps.log, patience: deps.patience, sync: own },
    ...{ ledger: connection.ledger, stripe: connection.stripe },
    ...{ balances, enabled, attempt, soundAt: times.sound },
    listedTo: await listedTo(db, syncId),
    unread: await unreadRows(db, sync),
    isRewound: sync.notes.includes('LEDGER_REWOUND'),
    heldOpenings: [],
  };
  const { openings, areTold } = await findHeldOpenings(asked, source, ledgerTells);
  const work = { ...asked, heldOpenings: openings };
  // One that the ledger may hold is not computed a second time, nor is it anybody else's.
  if (!areTold) return leaveOpen(work);
  const awaits = await stillAwaits(deps, work, source);
  attempt.succeeded();
  if (enabled.awaits !== null && (await hasUnplaced(db, sourceId))) return { kind: 'again' };
  return searchInTime({ ...work, enabled: { ...enabled, awaits } }, sync, times.counted);
}

/** What an opening balance that is not frozen yet waits for; null: it is frozen, by now. */
async function stillAwaits(
  deps: EngineDeps,
  work: ProofWork,
  source: SourceRow,
): Promise<OpeningWait | null> {
  const { awaits, cutOver } = work.enabled;
  if (awaits === null || cutOver === null) return awaits;
  return openWhenCertain(deps, work, { source, cutOver });
}

const NOT_ENABLED: ReconcileResult = { kind: 'done', state: null };
const AGAIN: ReconcileResult = { kind: 'again' };

/** What is kept of a search while others work for it. */
type Search = Omit<KeptWalk, 'awaited'>;

/** What goes through the ledger posting by posting ends by itself: else the attempt would, with nothing of it kept. */
async function searchInTime(
  work: ProofWork,
  sync: SyncRow,
  countedAt: number | null,
): Promise<ReconcileResult> {
  const { attempt, patience } = work;
  const times = { leftMs: patience.searchMs, limitMs: patience.searchMs };
  const over = () => new SyncError('TIMED_OUT', { activity: 'reconcile' });
  const limit = createSilence(attempt.signal, times, over);
  const searching = { ...work, attempt: { ...attempt, signal: limit.signal }, search: limit };
  try {
    return await search(work, searching, sync, countedAt);
  } finally {
    limit.stop();
  }
}

/** @param searching the same work, for as long as the ledger is searched */
async function search(
  work: ProofWork,
  searching: ProofWork,
  sync: SyncRow,
  countedAt: number | null,
): Promise<ReconcileResult> {
  const { db, sync: own } = work;
  const kept = await readWalk(db, own.syncId);
  const items = kept && (await settledItems(work, kept.awaited, kept.items));
  if (items === undefined) return AGAIN;
  const earlier = await latestProof(db, own.instanceId, own.sourceId);
  const readings = await readingsToJudge(work, proofOf(earlier, own));
  const at = await timeOf(work, readings);
  const isCounted = kept?.isCounted === true || (await isCountDue(work, sync, countedAt, at));
  const proofWith = async (found: readonly ProofItem[], ledger: LedgerSide | null) => {
    const { facts, judged } = await readFacts(work, at, { readings, ledger, found });
    const areRead = readings.all.length > 0 && ledger !== null && work.unread === null;
    const isOpened = work.enabled.awaits === null;
    const none = areRead ? (isOpened ? 'proven' : 'waiting') : 'not_read';
    return { proof: prove(at, work.enabled.cutOver, facts, none), judged };
  };
  const again = async (search: Search, awaits: NonNullable<Taken['awaits']>) => {
    await saveWalk(db, own.syncId, search, awaits);
    return AGAIN;
  };
  const before = kept ?? earlier?.walk ?? null;
  let { side, recountedTo } = await readHealed(work, searching, isCounted, before);
  let now: Search =
    kept && items
      ? { ...kept, items }
      : begun((await proofWith([], side)).proof, earlier?.walk ?? null, { isCounted, side });
  for (;;) {
    now = { ...now, walk: { ...now.walk, recountedTo } };
    if (side?.isCounted && now.beside === undefined) {
      const { found, awaits, stoppedAt } = await lookBeside(searching, side);
      const beside = stoppedAt === null ? 'asked' : 'cut_off';
      now = { ...now, beside, items: mergeItems(now.items, found) };
      if (awaits) return again(now, awaits);
    }
    const { proof, judged } = await proofWith(now.items, side);
    const step = nextStep(proof, now.walk, work.soundAt !== null);
    if (step.do === 'stop') {
      const awaits = now.looked === true ? undefined : await lookAgain(work, proof, judged);
      if (awaits) return again({ ...now, looked: true }, awaits);
      const result = await finish(work, proof, now, isWhollyCounted(now, side));
      // Last: of a reading that is judged a repeat would find nothing to prove with, unless the proof is there.
      await keepJudgements(work, readings, judged);
      return result;
    }
    // An attempt that ends in the middle of it leaves the steps before it done.
    if ('range' in step) await saveWalk(db, own.syncId, now, () => Promise.resolve(NOTHING));
    const { found, awaits, counts, stoppedAt } = await take(searching, step, now.walk, proof, side);
    const walk = walked(now.walk, step, stoppedAt);
    const wasCounted = now.isCounted;
    now = { ...now, walk, items: mergeItems(now.items, found) };
    if (awaits) return again(now, awaits);
    if (counts && !wasCounted) {
      now = { ...now, isCounted: true };
      ({ side, recountedTo } = await readHealed(work, searching, true, now));
    }
  }
}

/** With all that adding the ledger's rows up brings with it: what is not done is due with the next run. */
function isWhollyCounted({ beside, walk }: Search, side: LedgerSide | null): boolean {
  return side?.isCounted === true && beside === 'asked' && walk.recountedTo === null;
}

/** No postings, which are there then. */
const NOTHING: Awaited = { kind: 'postings', references: [] };

interface Healed {
  readonly side: LedgerSide | null;
  /** As in `Walk`. */
  readonly recountedTo: string | null;
}

/**
 * Once more where a balance was counted anew.
 * @param before the search that this one goes on with
 */
async function readHealed(
  work: ProofWork,
  searching: ProofWork,
  isCounted: boolean,
  before: Pick<EarlierWalk, 'walk'> | null,
): Promise<Healed> {
  const side = await readLedger(work, isCounted);
  const from = before?.walk.recountedTo ?? null;
  if (!side?.isCounted) return { side, recountedTo: from };
  const isCorrupt = side.corrupt.length > 0;
  const { hasCounted, stoppedAt } = await recountPostedAgain(searching, isCorrupt, from);
  return {
    side: hasCounted ? await readLedger(work, isCounted) : side,
    recountedTo: stoppedAt,
  };
}

/** What Stripe and our rows say of themselves: of a ledger that does not answer nothing is proven. */
async function leaveOpen(work: ProofWork): Promise<ReconcileResult> {
  const { db, sync: own } = work;
  const earlier = await latestProof(db, own.instanceId, own.sourceId);
  const readings = await readingsToJudge(work, proofOf(earlier, own));
  const at = await timeOf(work, readings);
  const { facts, judged } = await readFacts(work, at, { readings, ledger: null, found: [] });
  const proof = prove(at, work.enabled.cutOver, facts);
  const result = await finish(work, proof, begun(proof, earlier?.walk ?? null, NOT_COUNTED), false);
  await keepJudgements(work, readings, judged);
  return result;
}

/** What this sync has proven before. */
function proofOf(earlier: StoredProof | undefined, { syncId }: ProofWork['sync']): Proof | null {
  return earlier?.syncId === syncId ? earlier.proof : null;
}

const NOT_COUNTED = { isCounted: false, side: null };

/** @param isCounted the ledger's rows are to be added up; `side` says whether they were */
function begun(
  proof: Proof,
  earlier: EarlierWalk | null,
  { isCounted, side }: { readonly isCounted: boolean; readonly side: LedgerSide | null },
): Search {
  return { ...beginWalk(proof, earlier, side?.isCounted ?? false), isCounted };
}

/** Stripe's own, of what the proof rests on: nothing is proven of later. */
async function timeOf({ db, listedTo: to }: ProofWork, { all }: Readings): Promise<number> {
  const times = [to, all.at(-1)?.at].filter((time) => typeof time === 'number');
  return times.length > 0 ? Math.max(...times) : readClock(db);
}

async function isCountDue(
  { db, sync: { sourceId } }: ProofWork,
  { trigger, notes }: SyncRow,
  countedAt: number | null,
  at: number,
): Promise<boolean> {
  if (trigger === 'cli' || countedAt === null || at - countedAt >= DAY) return true;
  if (notes.includes('LEDGER_REWOUND')) return true;
  const sums = await settledSums(db, sourceId);
  return sums.reduce((all, { movements }) => all + movements, 0) < COUNTED;
}

async function finish(
  { db, log, sync }: ProofWork,
  proof: Proof,
  { at, walk }: Search,
  isCounted: boolean,
): Promise<ReconcileResult> {
  const { state } = proof;
  const isKept = state === 'broken' || (!isSound(state) && isUnderWay(walk));
  await saveProof(db, sync, proof, isKept ? { at, walk } : null, isCounted);
  await trimProofs(db, sync.instanceId, proof.at);
  const { syncId, instanceId } = sync;
  const currencies = Object.fromEntries(proof.currencies.map((one) => [one.currency, one.state]));
  log.info({ syncId, instanceId, state, currencies }, 'proof');
  return { kind: 'done', state };
}
