/**
 * The opening balance of an instance that has begun by itself: what Stripe held at the cut-over is each reading of its
 * balance less the rows since, and it is frozen once readings leave one amount that a later one confirms, or one that
 * the ledger holds already. No step waits for that: a later sync looks again, and a person may enable it before
 * (opening.ts).
 */
import { currenciesOf, type BalanceReading } from '../../domain/proof/balance-reading';
import { accountKeyOf } from '../../domain/ids';
import { openingBalanceLegs } from '../../domain/kinds/opening-balance';
import {
  agreedAtCutOver,
  isSpanned,
  listedPast,
  openingOf,
  type Opening,
} from '../../domain/opening/opening';
import type { OpeningWait } from '../../domain/opening/opening-wait';
import { SETTLED } from '../../domain/window';
import {
  dropReadingsBetween,
  openingReadings,
  waitingReadings,
} from '../../store/balance-readings';
import { readCounted } from '../../store/earlier';
import { enableMovements, noteWait } from '../../store/openings';
import { readRowReading } from '../../store/row-reading';
import { hasUnreadRow } from '../../store/rows-around';
import { settledSums } from '../../store/settled-sums';
import type { SourceRow } from '../../store/sources';
import { assertOpen } from '../../store/syncs';
import type { EngineDeps } from '../deps';
import { stageOpening } from './opening';
import type { ProofWork } from '../proof/proof-work';
import { readingsOfCurrency } from '../proof/readings-of-currency';
import { waitOf } from './taken-opening';

/** The oldest: what they leave tells of every row since that is missing. And the newest, of which one confirms it. */
const MOST_READINGS = 16;
const NEWEST = 8;

interface Awaited {
  readonly source: SourceRow;
  readonly cutOver: number;
}

/** @returns null: it is frozen, and what is to be posted is staged */
export async function openWhenCertain(
  deps: EngineDeps,
  work: ProofWork,
  awaited: Awaited,
): Promise<OpeningWait | null> {
  const { db, sync } = work;
  const from = awaited.cutOver + SETTLED;
  const newest = await waitingReadings(db, sync.sourceId, NEWEST);
  const isRecent = (newest.at(-1)?.at ?? from) < from;
  const oldest = await openingReadings(db, sync.sourceId, from, MOST_READINGS);
  const last = oldest.at(-1)?.at ?? from;
  const readings = [...oldest, ...newest.filter(({ at }) => at > last)];
  const found = await (work.heldOpenings.length > 0
    ? heldOrWait(work, readings)
    : isRecent
      ? 'recent'
      : openingsOf(work, awaited.cutOver, readings));
  if (typeof found !== 'string') {
    await freeze(work, awaited, found);
    const amounts = found.map(({ currency, amount }) => `${currency} ${amount}`);
    deps.log.info({ ...sync, readings: readings.length, amounts }, 'movements.opened');
    return null;
  }
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await noteWait(tx, sync.sourceId, found);
    // It may wait for a person for ever, with a reading more in each run.
    await dropReadingsBetween(tx, sync.sourceId, last, newest[0]?.at ?? last);
  });
  return found;
}

/** Those that the ledger holds already. */
async function heldOrWait(
  work: ProofWork,
  readings: readonly BalanceReading[],
): Promise<readonly Opening[] | OpeningWait> {
  return (await waitOf(work, readings)) ?? work.heldOpenings;
}

/** Of every currency, or why one of them is not certain. */
async function openingsOf(
  work: ProofWork,
  cutOver: number,
  readings: readonly BalanceReading[],
): Promise<Opening[] | OpeningWait> {
  const { db, listedTo, unread } = work;
  const { sourceId } = work.sync;
  const rows = await readRowReading(db, sourceId);
  const isListed = (rows?.watermark ?? null) !== null;
  if (unread !== null || listedTo === null || !isListed) return 'uncertain';
  const [first] = listedPast(readings.map((reading) => ({ ...reading, listedTo })));
  if (first === undefined) return 'uncertain';
  if (await hasUnreadRow(db, sourceId)) return 'unread';
  work.attempt.succeeded();
  const counted = await readCounted(db, work.sync, { ...work.enabled, cutOver });
  const sums = await settledSums(db, sourceId);
  const named = [...sums.map(({ currency }) => currency), ...counted.keys()];
  const currencies = readings.flatMap((reading) => currenciesOf(reading, named));
  const openings: Opening[] = [];
  // Also where no currency has any money or row.
  const waits = new Set<OpeningWait>(readings.some(isSpanned(first)) ? [] : ['uncertain']);
  for (const currency of new Set(currencies.filter((one) => one !== ''))) {
    const held = agreedAtCutOver(await readingsOfCurrency(work, readings, currency, listedTo));
    if (typeof held === 'string') {
      waits.add(held);
      continue;
    }
    // What others book later is no part of it.
    const facts = { currency, held, earlier: counted.get(currency) ?? 0n, foreign: [] };
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
    await stageOpening(tx, { instanceId, sourceId, balances, cutOver }, legs);
  });
}
