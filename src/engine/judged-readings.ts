/** Judges the readings of a source by the rows that are known now, currency by currency. */
import { heldIn, totalOf, type BalanceReading } from '../domain/balance-reading';
import type { CurrencyFacts } from '../domain/proof';
import { believed, judgeReading, type Judgement } from '../domain/reading-judgement';
import {
  lastMismatch,
  newestReading,
  saveJudgements,
  waitingReadings,
  type JudgedCurrency,
} from '../store/balance-readings';
import { rowsAround } from '../store/rows-around';
import type { ProofWork } from './proof-work';

/** So many are judged at once, the newest: on a busy account one of them decides. */
const MOST = 8;

/** Found at once; those beyond `MOST` are given up. */
const WAITING = 64;

export interface Readings {
  /** Oldest first. */
  readonly all: readonly BalanceReading[];
  /** Unix seconds of those that are too many. */
  readonly givenUp: readonly number[];
}

/** @param repeats this sync was proven before, so that its own reading may be judged already */
export async function readingsToJudge(
  { db, sync: { sourceId } }: ProofWork,
  repeats: boolean,
): Promise<Readings> {
  const waiting = await waitingReadings(db, sourceId, WAITING);
  const newest = repeats ? await newestReading(db, sourceId) : undefined;
  const isWaiting = waiting.some(({ at }) => at === newest?.at);
  const known = newest && !isWaiting ? [...waiting, newest] : waiting;
  const givenUp = known.slice(0, -MOST).map(({ at }) => at);
  return { all: known.slice(-MOST), givenUp };
}

interface JudgedReading {
  readonly reading: BalanceReading;
  readonly judgement: Judgement;
}

export interface JudgedReadings {
  readonly currency: string;
  readonly judged: readonly JudgedReading[];
  /** The one that the proof rests on. */
  readonly stripe: CurrencyFacts['stripe'];
}

/** @param named what is known to be wrong with our rows, as a difference */
export async function judgeReadings(
  { db, sync: { sourceId }, listedTo }: ProofWork,
  { all }: Readings,
  { currency, held, named }: { currency: string; held: bigint; named: bigint },
): Promise<JudgedReadings> {
  const mismatch = await lastMismatch(db, sourceId, currency);
  const isAmong = all.some(({ at }) => at === mismatch?.at);
  const readings = mismatch && !isAmong ? [mismatch, ...all] : all;
  const judged: JudgedReading[] = [];
  for (const reading of [...readings].sort((a, b) => a.at - b.at)) {
    const { at } = reading;
    const rows = isOurs(currency)
      ? await rowsAround(db, sourceId, currency, at, held)
      : { before: 0n, near: [], after: { count: 0, net: 0n } };
    const total = totalOf(heldIn(reading, currency));
    judged.push({
      reading,
      judgement: judgeReading({ at, total }, rows, listedTo ?? 0, named),
    });
  }
  // The last mismatch alone says nothing of now: a key may have lost its right since.
  const one = all.length > 0 ? believed(judged) : undefined;
  const stripe = one && {
    ...{ at: one.reading.at, judgement: one.judgement },
    ...heldIn(one.reading, currency),
  };
  return { currency, judged, stripe: stripe ?? null };
}

/** A balance of the ledger's that is named in lower case is another one than Stripe's. */
export function isOurs(currency: string): boolean {
  return currency === currency.toUpperCase();
}

/** Notes what has come of them; one is done when nothing is left to be judged of it. */
export async function keepJudgements(
  { db, sync }: ProofWork,
  readings: Readings,
  currencies: readonly JudgedReadings[],
): Promise<void> {
  const known = currencies.flatMap(({ currency, judged }) =>
    judged.flatMap(({ reading: { at }, judgement }): JudgedCurrency[] =>
      judgement.kind === 'judged' ? [{ currency, at, judgement }] : [],
    ),
  );
  const isDone = ({ at }: BalanceReading) =>
    currencies.every(({ judged }) =>
      judged.some(({ reading, judgement }) => reading.at === at && judgement.kind === 'judged'),
    );
  const done = readings.all.filter(isDone).map(({ at }) => at);
  await saveJudgements(db, sync, known, [...done, ...readings.givenUp]);
}
