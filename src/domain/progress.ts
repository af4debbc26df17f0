/** What a running sync has done so far, as its `progress` query tells it, and the same as words for a person. */
import { FEEDS, type Feed } from './feeds';
import {
  addMovements,
  describeMovementOutcomes,
  movementTotals,
  NO_MOVEMENTS,
  type MovementCounts,
} from './movements/movement-counts';
import { addCounts, describeCounts, NO_COUNTS, type Counts } from './outcomes';
import { count, dayOf, formatNumber } from './text';

export interface Progress extends Counts {
  readonly phase: 'starting' | Feed | 'settling' | 'proving' | 'reconciling' | 'finishing';
  readonly pages: number;
  /** Rows of Stripe's balance that were read. Absent: none was. */
  readonly rows?: number;
  /** Unix seconds: of the rows that are being read, all since are read. Absent or null: not known. */
  readonly readBackTo?: number | null;
  /** What is no pay-in. Absent: nothing was found. */
  readonly legs?: MovementCounts;
  readonly syncId: string | null;
}

/** Of a page: its pay-ins, and what is no pay-in. */
export interface PageCounts extends Counts {
  /** Absent: nothing. */
  readonly legs?: MovementCounts;
}

export const NO_PROGRESS: Progress = { ...NO_COUNTS, phase: 'starting', pages: 0, syncId: null };

/** @param legs by kind of movement */
export function pageCountsOf(counts: Counts, legs: Readonly<Record<string, Counts>>): PageCounts {
  return { ...counts, ...(Object.keys(legs).length > 0 && { legs: movementTotals(legs) }) };
}

export function addPage(progress: Progress, page: PageCounts): Progress {
  return { ...withPage(progress, page), pages: progress.pages + 1 };
}

/** @param booked what came of them already; undefined: nothing */
export function addRows(
  progress: Progress,
  rows: number,
  booked: PageCounts | undefined,
  readBackTo: number | null,
): Progress {
  const counted = booked ? withPage(progress, booked) : progress;
  return { ...counted, rows: (progress.rows ?? 0) + rows, readBackTo };
}

function withPage(progress: Progress, page: PageCounts): Progress {
  return {
    ...progress,
    ...addCounts(progress, page),
    ...(page.legs && { legs: addMovements(progress.legs ?? NO_MOVEMENTS, page.legs) }),
  };
}

/** A phase as people know it, with what is counted meanwhile. */
interface PhaseWords {
  readonly text: string;
  readonly counts: 'pay-ins' | 'rows' | 'all';
}

const STEPS: Record<Exclude<Progress['phase'], Feed>, PhaseWords> = {
  starting: { text: 'pay-ins', counts: 'pay-ins' },
  settling: { text: 'waiting for what Blnk did not take', counts: 'all' },
  proving: { text: 'proof, what was posted is looked up once more', counts: 'all' },
  reconciling: { text: 'proof, the ledger is held against Stripe', counts: 'all' },
  finishing: { text: 'finishing', counts: 'all' },
};

function wordsOf(phase: Progress['phase']): PhaseWords {
  if (!(phase in FEEDS)) return STEPS[phase as keyof typeof STEPS];
  const feed = phase as Feed;
  switch (FEEDS[feed].kind) {
    case 'listing':
    case 'tail':
    case 'one':
      return { text: 'pay-ins', counts: 'pay-ins' };
    case 'rows':
      return { text: 'movements', counts: 'rows' };
    case 'own':
      return { text: feed === 'follow_ups' ? 'follow-ups' : FEEDS[feed].text, counts: 'all' };
  }
}

/** What the pages of a feed hold, as people read it. */
export function textOfFound(feed: Feed): string {
  return wordsOf(feed).counts === 'pay-ins' ? 'pay-ins' : 'pay-ins and movements';
}

/** Which part of a sync goes on, as "movements, read back to 2026-10-12". */
export function describePhase({
  phase,
  readBackTo,
}: Pick<Progress, 'phase' | 'readBackTo'>): string {
  const { text, counts } = wordsOf(phase);
  const isTold = counts === 'rows' && typeof readBackTo === 'number';
  return isTold ? `${text}, read back to ${dayOf(readBackTo)}` : text;
}

/** "movements, read back to 2026-10-12: 1,200 rows, 1,180 posted, 250 a second". No percentages: Stripe gives no totals. */
export function progressTeller(now: () => number): (progress: Progress) => string {
  let begun:
    | { readonly what: PhaseWords['counts']; readonly at: number; readonly number: number }
    | undefined;
  return (progress) => {
    const { counts: what } = wordsOf(progress.phase);
    const number = what === 'rows' ? (progress.rows ?? 0) : progress.found;
    if (begun?.what !== what) begun = { what, at: now(), number };
    const seconds = (now() - begun.at) / 1000;
    const rate = what === 'all' || seconds < 1 ? 0 : Math.round((number - begun.number) / seconds);
    const pace = rate > 0 ? `, ${formatNumber(rate)} a second` : '';
    return `${describePhase(progress)}: ${countsText(progress, what)}${pace}`;
  };
}

function countsText(progress: Progress, what: PhaseWords['counts']): string {
  const { legs, rows = 0, found } = progress;
  switch (what) {
    case 'pay-ins':
      return describeCounts(progress);
    case 'rows':
      return [count(rows, 'row'), ...(legs ? describeMovementOutcomes(legs) : [])].join(', ');
    case 'all':
      return [count(found, 'pay-in'), ...(legs ? [count(legs.found, 'movement')] : [])].join(
        ' and ',
      );
  }
}
