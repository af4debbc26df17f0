/**
 * The opening balance of an instance that has begun by itself: what Stripe held at the cut-over is each reading of its
 * balance less the rows since, and it is frozen once two readings leave one amount, or one that the ledger holds
 * already. No step waits for that: a later sync looks again, and a person may enable it before (opening.ts).
 */
import { currenciesOf, heldIn, totalOf, type BalanceReading } from '../domain/balance-reading';
import { accountKeyOf } from '../domain/ids';
import { openingBalanceLegs } from '../domain/kinds/opening-balance';
import { agreedAtCutOver, listedPast, openingOf, type Opening } from '../domain/opening';
import type { OpeningWait } from '../domain/opening-wait';
import { dropReadings, openingReadings, waitingReadings } from '../store/balance-readings';
import { enableMovements, noteWait } from '../store/openings';
import { readRowReading } from '../store/row-reading';
import { rowsAround } from '../store/rows-around';
import { settledSums } from '../store/settled-sums';
import type { SourceRow } from '../store/sources';
import { assertOpen } from '../store/syncs';
import type { Connection, EngineDeps } from './deps';
import { stageOpening } from './opening';
import { SETTLED } from './opening-readings';
import type { ProofWork } from './proof-work';
import { takeReading } from './reading';
import { waitOf } from './taken-opening';

/** The oldest: what they leave tells of every row since that is missing. */
const MOST_READINGS = 16;

interface Awaited {
  readonly source: SourceRow;
  readonly cutOver: number;
}

/** @returns null: it is frozen, and what is to be posted is staged */
export async function openWhenCertain(
  deps: EngineDeps,
  work: ProofWork,
  awaited: Awaited,
  connection: Connection,
): Promise<OpeningWait | null> {
  const { db, sync } = work;
  const from = awaited.cutOver + SETTLED;
  const [newest] = await waitingReadings(db, sync.sourceId, 1);
  const isRecent = newest !== undefined && newest.at < from;
  const readings = await openingReadings(db, sync.sourceId, from, MOST_READINGS);
  const found =
    work.heldOpenings.length > 0
      ? ((await waitOf(work, readings)) ?? work.heldOpenings)
      : isRecent
        ? 'recent'
        : await openingsOf(work, readings);
  if (typeof found !== 'string') {
    await freeze(work, awaited, found);
    const amounts = found.map(({ currency, amount }) => `${currency} ${amount}`);
    deps.log.info({ ...sync, readings: readings.length, amounts }, 'movements.opened');
    return null;
  }
  // One of its end beside that of its beginning, so that the next sync has two to judge.
  const isOfBeginning = newest !== undefined && newest.at <= (work.listedTo ?? 0);
  if (!isRecent && isOfBeginning && readings.length < MOST_READINGS) {
    await takeReading(deps, sync, connection, work.attempt.signal);
  }
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await noteWait(tx, sync.sourceId, found);
  });
  return found;
}

/** Of every currency, or why one of them is not certain. */
async function openingsOf(
  { db, sync: { sourceId }, listedTo, isGivenUp }: ProofWork,
  readings: readonly BalanceReading[],
): Promise<Opening[] | OpeningWait> {
  const rows = await readRowReading(db, sourceId);
  if (isGivenUp || listedTo === null || (rows?.watermark ?? null) === null) return 'uncertain';
  const usable = listedPast(readings.map((reading) => ({ ...reading, listedTo })));
  // Also where no currency has any money or row.
  if (usable.length < 2) return 'uncertain';
  const named = (await settledSums(db, sourceId)).map(({ currency }) => currency);
  const currencies = usable.flatMap((reading) => currenciesOf(reading, named));
  const openings: Opening[] = [];
  const waits = new Set<OpeningWait>();
  for (const currency of new Set(currencies.filter((one) => one !== ''))) {
    const judged = [];
    for (const reading of usable) {
      const total = totalOf(heldIn(reading, currency));
      const around = await rowsAround(db, sourceId, currency, reading.at, 0n);
      judged.push({ at: reading.at, total, rows: around, listedTo });
    }
    const held = agreedAtCutOver(judged);
    if (typeof held === 'string') {
      waits.add(held);
      continue;
    }
    // Nothing of ours was booked before it, and what others book later is no part of it.
    const facts = { currency, held, earlier: 0n, foreign: [] };
    const opening = openingOf(facts, { isWhole: false, absorb: false });
    openings.push(opening);
    if (opening.stop !== null) waits.add('unpostable');
  }
  const worst = (['disagrees', 'unpostable', 'uncertain'] as const).find((one) => waits.has(one));
  return worst ?? openings;
}

async function freeze(
  { db, sync, balances }: ProofWork,
  { source, cutOver }: Awaited,
  openings: readonly Opening[],
): Promise<void> {
  const { instanceId, sourceId } = sync;
  const stripeAccount = accountKeyOf(source.stripeAccount, source.keyFingerprint);
  const legs = openings.flatMap(({ currency, amount }) =>
    openingBalanceLegs({ stripeAccount, currency, cutOver, amount }, balances),
  );
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await enableMovements(tx, { instanceId, sourceId, cutOver, by: null }, openings);
    await stageOpening(tx, { instanceId, sourceId, balances }, legs);
    await dropReadings(tx, sourceId, cutOver + SETTLED);
  });
}
