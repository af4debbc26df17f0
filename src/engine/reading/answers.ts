/**
 * Answers of Stripe that follow each other, read in one step of a sync: a step costs Temporal and the database the
 * same, however much it does.
 */
import { SyncError } from '../../domain/errors';
import { cutBelow, type PageSpan } from '../../domain/window';
import { floorOf, type WindowRow } from '../../store/windows';
import type { Attempt } from '../attempt';

/** Answers of 100 rows that one step reads. */
const MOST = 5;

/**
 * A step that has read for so many milliseconds asks for no further answer: with the waits and the time-out of the
 * last one it stays within its 2 minutes.
 */
const READING_MS = 20_000;

/** One answer, as far as it says how to go on. */
interface Answer {
  /** null: the last one. */
  readonly nextCursor: string | null;
  readonly span: PageSpan | null;
}

export interface Answers<One> {
  readonly all: readonly One[];
  readonly first: One;
  readonly last: One;
  /** What the last one was asked for with. */
  readonly lastCursor: string | null;
  /** From when to when the rows of all were created; null when they do not tell. */
  readonly span: PageSpan | null;
  /** Where the next step goes on; null: the window is read. */
  readonly nextCursor: string | null;
}

/**
 * @param read one answer
 * @param isEnough whether the step ends with this answer
 * @throws any error of the first answer; later ones are left to the next step, which begins with what failed
 */
export async function readAnswers<One extends Answer>(
  window: WindowRow,
  cursor: string | null,
  attempt: Attempt,
  read: (cursor: string | null) => Promise<One>,
  isEnough: (answer: One, cursor: string | null) => boolean = () => false,
): Promise<Answers<One>> {
  const begunAt = performance.now();
  const first = await read(cursor);
  const all = [first];
  let [last, lastCursor] = [first, cursor];
  for (;;) {
    attempt.succeeded();
    const nextCursor = isAtStop(window, last) ? null : last.nextCursor;
    const isOver =
      nextCursor === null ||
      all.length >= MOST ||
      performance.now() - begunAt >= READING_MS ||
      isEnough(last, lastCursor);
    const next = isOver ? undefined : await readNext(() => read(nextCursor), attempt.signal);
    if (!next) return { all, first, last, lastCursor, span: spanOf(all), nextCursor };
    all.push(next);
    [last, lastCursor] = [next, nextCursor];
  }
}

/** undefined: it cannot be read now. What was read before it must not be read again for that. */
async function readNext<One>(
  read: () => Promise<One>,
  signal: AbortSignal,
): Promise<One | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SyncError) || signal.aborted) throw error;
    return undefined;
  }
}

function spanOf(answers: readonly Answer[]): PageSpan | null {
  const spans = answers.flatMap(({ span }) => (span === null ? [] : [span]));
  const [first, last] = [spans[0], spans.at(-1)];
  return first && last ? { newest: first.newest, oldest: last.oldest } : null;
}

/** Below it other windows read. Its rows stay in this window's pages as well: the first one owns them. */
function isAtStop({ stop }: WindowRow, { span }: Pick<Answer, 'span'>): boolean {
  return stop !== null && span !== null && span.oldest < stop;
}

/** @returns the first second that stays with the window when what is left below an answer is cut off */
export function cutOf(window: WindowRow, { span }: Pick<Answer, 'span'>): number | undefined {
  const floor = floorOf(window);
  return span === null || floor === null ? undefined : cutBelow(floor, span);
}

/** What stays with a window of rows is at most so many times as long as what was read of it. */
const TIMES_READ = 8;

/** Pages that a half must look like: five answers are one, and the last window's steps are posted one by one. */
const ROW_PAGES_WORTH = 1.5;

/**
 * The same for rows of Stripe's balance, whose steps post what they have read. Halves of the time since Stripe began
 * would be empty until they come to the account's own, and all of its rows be one chain.
 */
export function cutOfRows(window: WindowRow, { span }: Pick<Answer, 'span'>): number | undefined {
  const floor = floorOf(window);
  if (span === null || floor === null) return undefined;
  const read = Math.max(1, (window.to ?? span.newest) - span.oldest);
  return cutBelow(floor, span, TIMES_READ * read, ROW_PAGES_WORTH);
}

/** Also a window's first step, but not that of a tail: what is new since a watermark mostly ends with it. */
export function mayCutRows(
  { to }: Pick<WindowRow, 'to'>,
  { cursor, mayCut }: { readonly cursor: string | null; readonly mayCut: boolean },
): boolean {
  return mayCut && (cursor !== null || to !== null);
}

/**
 * Whether a step ends with this answer because the rest is worth cutting: other windows begin with its page, or with
 * the second one of a window, whose first cuts nothing.
 */
export function isToBeCut(
  window: WindowRow,
  { cursor, mayCut }: { readonly cursor: string | null; readonly mayCut: boolean },
  answer: Pick<Answer, 'span'>,
): boolean {
  return (mayCut || cursor === null) && cutOf(window, answer) !== undefined;
}
