/** Judges the readings of a source by the rows that are known now, currency by currency. */
import { heldIn, totalOf, type BalanceReading } from '../../domain/proof/balance-reading';
import type { CurrencyFacts, Proof } from '../../domain/proof/proof';
import { believed, judgeReading, type Judgement } from '../../domain/proof/reading-judgement';
import {
  lastMismatch,
  newestJudged,
  readingsAt,
  saveJudgements,
  waitingReadings,
  type JudgedCurrency,
} from '../../store/balance-readings';
import { rowsAround } from '../../store/rows-around';
import type { ProofWork } from './proof-work';

/** So many are judged at once, the newest: on a busy account one of them decides. */
const MOST = 8;

/** Found at once; those beyond `MOST` are given up. */
const WAITING = 64;

export interface Readings {
  /** Oldest first. */
  readonly all: readonly BalanceReading[];
  /** Whether the proof of a currency may rest on the one of this time. */
  readonly mayDecide: (currency: string, at: number) => boolean;
  /** The last one before them, which was judged: rows that are lost since show in it at once. */
  readonly before: BalanceReading | null;
  /** Unix seconds of those that are too many. */
  readonly givenUp: readonly number[];
}

/**
 * @param own the proof that this sync has made before; null: it has made none. One that is made again rests on what the
 *   first one did, and on nothing else that was judged: else a reading of days ago would prove what nobody has read
 */
export async function readingsToJudge(
  { db, sync: { sourceId }, enabled }: ProofWork,
  own: Proof | null,
): Promise<Readings> {
  const waiting = await waitingReadings(db, sourceId, WAITING);
  const waits = new Set(waiting.map(({ at }) => at));
  const restedOn = restedOnBy(own);
  const times = new Set(restedOn.values());
  const again = await readingsAt(db, sourceId, [...times]);
  const known = inOrder([...waiting, ...again.filter(({ at }) => !waits.has(at))]);
  const judged = (await newestJudged(db, sourceId)) ?? null;
  const looked = new Set(own?.currencies.map(({ currency }) => currency));
  // The opening balance is computed from all of them.
  const isOpen = enabled.awaits === null;
  return {
    all: known.slice(-MOST),
    mayDecide: (currency, at) =>
      waits.has(at) || !looked.has(currency) || restedOn.get(currency) === at,
    before: judged && !times.has(judged.at) ? judged : null,
    givenUp: isOpen ? known.slice(0, -MOST).map(({ at }) => at) : [],
  };
}

/** By currency. One that it could not decide rests on none: that waits still, or was one of several that fitted by chance. */
function restedOnBy(own: Proof | null): ReadonlyMap<string, number> {
  return new Map(
    own?.currencies.flatMap(({ currency, asOf, movedSince }): [string, number][] =>
      asOf === null || movedSince === null ? [] : [[currency, asOf]],
    ),
  );
}

function inOrder(readings: readonly BalanceReading[]): BalanceReading[] {
  return [...readings].sort((a, b) => a.at - b.at);
}

interface JudgedReading {
  readonly reading: BalanceReading;
  readonly judgement: Judgement;
  /** Rows lie so near that it may or may not count them. */
  readonly isNear: boolean;
}

export interface JudgedReadings {
  readonly currency: string;
  readonly judged: readonly JudgedReading[];
  /** The one that the proof rests on. */
  readonly stripe: CurrencyFacts['stripe'];
}

interface OfCurrency {
  readonly currency: string;
  /** What Stripe held at the cut-over. */
  readonly held: bigint;
  /** What is known to be wrong with our rows, as a difference. */
  readonly named: bigint;
}

export async function judgeReadings(
  work: ProofWork,
  { all, mayDecide, before }: Readings,
  of: OfCurrency,
): Promise<JudgedReadings> {
  const { currency } = of;
  const own = all.filter(({ at }) => mayDecide(currency, at));
  const mismatch = await lastMismatch(work.db, work.sync.sourceId, currency);
  const earlier = [mismatch, before].filter((one) => one !== null);
  const readings = new Map([...earlier, ...own].map((one) => [one.at, one]));
  const judged: JudgedReading[] = [];
  for (const reading of inOrder([...readings.values()])) {
    const { judgement, isNear } = await judgeOne(work, reading, of);
    // One that added up says nothing of now, but that it does no more.
    const isOld = reading.at === before?.at && reading.at !== mismatch?.at;
    if (!isOld || isExactFault(judgement)) judged.push({ reading, judgement, isNear });
  }
  // The earlier ones alone say nothing of now either: a key may have lost its right since.
  const one = own.length > 0 ? believed(judged) : undefined;
  const stripe = one && {
    ...{ at: one.reading.at, judgement: one.judgement },
    ...heldIn(one.reading, currency),
  };
  return { currency, judged, stripe: stripe ?? null };
}

async function judgeOne(
  { db, sync, listedTo, unread, enabled }: ProofWork,
  reading: BalanceReading,
  { currency, held, named }: OfCurrency,
): Promise<Omit<JudgedReading, 'reading'>> {
  if (unread !== null || enabled.awaits !== null) return NOT_JUDGED;
  const { at } = reading;
  const rows = isOurs(currency)
    ? await rowsAround(db, sync.sourceId, currency, at, held)
    : { before: 0n, near: [], after: { count: 0, net: 0n } };
  const total = totalOf(heldIn(reading, currency));
  return {
    judgement: judgeReading({ at, total }, rows, listedTo ?? 0, named),
    isNear: rows.near.length > 0,
  };
}

const NOT_JUDGED = { judgement: { kind: 'waits' }, isNear: false } as const;

function isExactFault(judgement: Judgement): boolean {
  return judgement.kind === 'judged' && judgement.exact && judgement.difference !== 0n;
}

/** A balance of the ledger's that is named in lower case is another one than Stripe's. */
function isOurs(currency: string): boolean {
  return currency === currency.toUpperCase();
}

/** Notes what has come of them; one is done when nothing is left to be judged of it. */
export async function keepJudgements(
  { db, sync, enabled }: ProofWork,
  readings: Readings,
  currencies: readonly JudgedReadings[],
): Promise<void> {
  const told = currencies.filter(isTold);
  const known = told.flatMap(({ currency, judged }) =>
    judged.flatMap(({ reading: { at }, judgement }): JudgedCurrency[] =>
      judgement.kind === 'judged' ? [{ currency, at, judgement }] : [],
    ),
  );
  // Without a currency nothing is left of them, but for an opening balance that is computed from them.
  const isDone = ({ at }: BalanceReading) =>
    enabled.awaits === null &&
    told.length === currencies.length &&
    told.every(({ judged }) =>
      judged.some(({ reading, judgement }) => reading.at === at && judgement.kind === 'judged'),
    );
  const done = readings.all.filter(isDone).map(({ at }) => at);
  await saveJudgements(db, sync, known, [...done, ...readings.givenUp]);
}

/** So many decide, also that nothing is decided. */
const ENOUGH = 4;

/** Fewer, of which too few add up, are judged again beside the next ones. */
function isTold({ judged, stripe }: JudgedReadings): boolean {
  const decided = judged.filter(({ judgement }) => judgement.kind === 'judged');
  return decided.length >= ENOUGH || stripe?.judgement.kind !== 'waits';
}
