/**
 * The beginning of carrying over movements: one transaction freezes the cut-over with what was held then, and the
 * next sync posts that and reads the movements.
 */
import { SyncError } from '../../domain/errors';
import type { BalanceNames } from '../../domain/balances';
import type { Opening } from '../../domain/opening/opening';
import { UNPLACED } from '../../domain/ids';
import { sayingWhatItCounts } from '../../domain/kinds/opening-balance';
import type { Leg } from '../../domain/movements/leg';
import { SETTLED } from '../../domain/window';
import { accept, takeBack } from '../../store/acceptances';
import { dropReadings } from '../../store/balance-readings';
import type { Db, Queries } from '../../store/db';
import { hasStaged } from '../../store/earlier';
import { fixMovementBalances, freezeInstance, lockInstance } from '../../store/instances';
import { stageLegs } from '../../store/legs';
import { addBooked } from '../../store/not-yet';
import { disableMovements, enableMovements, findOpened, type Opened } from '../../store/openings';
import { assertNoSync } from '../../store/purge';
import { switchSource, type SourceRow } from '../../store/sources';
import type { Connection } from '../deps';
import { earlierIn, readEarlierSums } from './earlier-sums';
import type { OpeningPlan } from './opening-plan';
import { ownAmong } from '../proof/foreign-postings';
import { compareSource } from '../source';

/** The source that movements were carried over of, now or once. @throws SyncError SOURCE_CHANGED */
export async function findOpening(
  db: Db,
  ends: Connection,
): Promise<{ source: SourceRow; opened: Opened } | undefined> {
  const { source, error } = await compareSource(db, ends, new AbortController().signal);
  if (error) throw error;
  const opened = source && (await findOpened(db, source.sourceId));
  return source && opened && { source, opened };
}

/**
 * Freezes a plan that a person has confirmed. The next sync posts the opening and reads the movements.
 * @throws SyncError SYNC_ALREADY_RUNNING, FOREIGN_POSTINGS, OPENING_DIFFERS, OPENING_UNPOSTABLE, OPENING_CHANGED
 */
export async function openMovements(db: Db, plan: OpeningPlan, by: string): Promise<void> {
  const { instance, cutOver, openings, legs, counts } = plan;
  assertPostable(openings);
  const { instanceId, balances } = instance;
  const sourceId = await db.transaction(async (tx) => {
    await lockIdle(tx, instanceId);
    const source = plan.source ?? (await switchSource(tx, instanceId, plan.identity));
    await assertUnchanged(tx, plan, source);
    const place = { instanceId, sourceId: source.sourceId };
    // The names of the balances stand in the opening, and the cut-over rests on SYNC_SINCE.
    await freezeInstance(tx, instance);
    await fixMovementBalances(tx, instance);
    const isFirst = await enableMovements(tx, { ...place, ...counts, cutOver, by }, openings);
    // A sync or another person has frozen what it begins with, since it was planned: this plan is not that.
    if (!isFirst) throw new SyncError('OPENING_CHANGED');
    const accepted = openings.flatMap((one) => one.accepted);
    await accept(tx, place, accepted, { by, note: 'There when movements were enabled' });
    // Accepted while it was not certain, it would be counted twice.
    for (const { reference, id } of openings.flatMap((one) => one.absorbs)) {
      await takeBack(tx, source.sourceId, reference || id);
    }
    await stageOpening(tx, { ...place, balances, cutOver }, legs);
    return source.sourceId;
  });
  await addAllBooked(db, { instanceId, sourceId });
}

interface OpeningPlace {
  readonly instanceId: string;
  readonly sourceId: string;
  readonly balances: BalanceNames;
  readonly cutOver: number | null;
}

/** A sync takes it up as anything else that waits, and judges no balance from before it. */
export async function stageOpening(
  tx: Queries,
  { balances, cutOver, ...place }: OpeningPlace,
  legs: readonly Leg[],
): Promise<void> {
  const claim = { syncId: UNPLACED, pageId: UNPLACED, listing: UNPLACED, takesOver: false };
  const opened = await findOpened(tx, place.sourceId);
  const saying = opened ? legs.map((leg) => sayingWhatItCounts(leg, opened)) : legs;
  await stageLegs(tx, { ...place, ...claim, sourceBalance: balances.source }, saying);
  if (cutOver !== null) await dropReadings(tx, place.sourceId, cutOver + SETTLED);
}

/** Goes on with what was frozen once. @throws SyncError SYNC_ALREADY_RUNNING */
export async function reopenMovements(
  db: Db,
  instanceId: string,
  sourceId: string,
  { cutOver, awaits }: Opened,
  by: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockIdle(tx, instanceId);
    await enableMovements(tx, { instanceId, sourceId, cutOver, by, awaits }, []);
  });
  await addAllBooked(db, { instanceId, sourceId });
}

/** What was booked stays. @throws SyncError SYNC_ALREADY_RUNNING */
export async function closeMovements(db: Db, instanceId: string, sourceId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await lockIdle(tx, instanceId);
    await disableMovements(tx, sourceId);
  });
}

/** No sync begins before the transaction ends: its row refers to this one. */
async function lockIdle(tx: Queries, instanceId: string): Promise<void> {
  await lockInstance(tx, instanceId);
  await assertNoSync(tx, instanceId);
}

/** @throws SyncError FOREIGN_POSTINGS, OPENING_DIFFERS, OPENING_UNPOSTABLE */
export function assertPostable(openings: readonly Opening[]): void {
  for (const { currency, stop, foreign } of openings) {
    if (stop === 'FOREIGN_POSTINGS') {
      throw new SyncError('FOREIGN_POSTINGS', { currency, count: foreign.length });
    }
    if (stop === 'OPENING_DIFFERS') throw new SyncError(stop, { currency });
    if (stop !== null) throw new SyncError('OPENING_UNPOSTABLE', { currency, reason: stop });
  }
}

/** A sync that ran since the plan was made may have booked what the plan counts otherwise, or not. */
async function assertUnchanged(tx: Queries, plan: OpeningPlan, source: SourceRow): Promise<void> {
  const { instance, openings } = plan;
  const { sourceId } = source;
  const now = await readEarlierSums(tx, { instanceId: instance.instanceId, sourceId }, plan);
  const planned = new Map(openings.map(({ currency, earlier }) => [currency, earlier]));
  const currencies = [...now.payIns.keys(), ...now.left.keys(), ...planned.keys()];
  const isSame = [...new Set(currencies)].every(
    (currency) => earlierIn(now, currency) === (planned.get(currency) ?? 0n),
  );
  const waits = await hasStaged(tx, sourceId);
  const theirs = openings.flatMap(({ absorbs, accepted }) => [...absorbs, ...accepted]);
  const isOwn = await ownAmong(tx, instance.instanceId, theirs);
  const isTheirs = theirs.every(({ reference }) => !isOwn(reference));
  if (!isSame || waits || !isTheirs) throw new SyncError('OPENING_CHANGED');
}

/** Safe to repeat, and repeated whenever it is enabled: what a process that ended has left out is added then. */
async function addAllBooked(
  db: Db,
  place: { readonly instanceId: string; readonly sourceId: string },
): Promise<void> {
  let after: string | null = null;
  do {
    const from: string | null = after;
    after = await db.transaction((tx) => addBooked(tx, place, from));
  } while (after !== null);
}
