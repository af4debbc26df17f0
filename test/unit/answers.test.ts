import { cutOfRows, isToBeCut, mayCutRows, readAnswers } from '../../src/engine/reading/answers';
import { SyncError } from '../../src/domain/errors';
import type { WindowRow } from '../../src/store/windows';

const HOUR = 3_600;
const NOW = 1_000 * HOUR;

const window = (stop: number | null = null) => ({ from: 0, to: NOW, stop }) as WindowRow;

/** Answers 0, 1, 2, …, an hour each, newest first. */
const answer = (nth: number, last = 9) => ({
  nth,
  span: { newest: NOW - nth * HOUR, oldest: NOW - (nth + 1) * HOUR + 1 },
  nextCursor: nth < last ? `after ${nth}` : null,
});

let successes = 0;
const signal = new AbortController().signal;
const attempt = { signal, handled: () => undefined, succeeded: () => void (successes += 1) };
beforeEach(() => (successes = 0));
afterEach(() => jest.restoreAllMocks());

/** Reads them, each by the cursor of the one before; `fault` comes instead of the nth. */
async function read(
  { last = 9, fault }: { last?: number; fault?: readonly [nth: number, error: Error] },
  stop: number | null = null,
  isEnough?: Parameters<typeof readAnswers<ReturnType<typeof answer>>>[4],
) {
  const cursors: (string | null)[] = [];
  const ask = async (cursor: string | null) => {
    cursors.push(cursor);
    const nth = cursor === null ? 0 : Number(cursor.slice('after '.length)) + 1;
    if (fault?.[0] === nth) throw fault[1];
    return answer(nth, last);
  };
  const answers = await readAnswers(window(stop), null, attempt, ask, isEnough);
  return { cursors, nths: answers.all.map(({ nth }) => nth), ...answers };
}

test('a step reads five answers, and the next one goes on after them', async () => {
  const { nths, nextCursor, span, first, last, lastCursor } = await read({});
  expect([nths, nextCursor, successes]).toEqual([[0, 1, 2, 3, 4], 'after 4', 5]);
  expect([first, last, lastCursor]).toEqual([answer(0), answer(4), 'after 3']);
  expect(span).toEqual({ newest: answer(0).span.newest, oldest: answer(4).span.oldest });
});

test('it ends with the last answer of its window, also of one that was cut', async () => {
  expect(await read({ last: 2 })).toMatchObject({ nths: [0, 1, 2], nextCursor: null });
  const stop = NOW - 2 * HOUR;
  expect(await read({}, stop)).toMatchObject({ nths: [0, 1, 2], nextCursor: null });
});

test('it ends with an answer that is enough', async () => {
  const enough = ({ nth }: { nth: number }, cursor: string | null) => nth === 1 && cursor !== null;
  expect(await read({}, null, enough)).toMatchObject({ nths: [0, 1], nextCursor: 'after 1' });
});

test('it asks for no further answer once it has read for 20 seconds', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 7_000));
  expect(await read({})).toMatchObject({ nths: [0, 1, 2], nextCursor: 'after 2' });
});

test('what was read before an answer that fails is kept, and the next step begins with that one', async () => {
  const fault = [3, new SyncError('STRIPE_UNAVAILABLE', { status: 503 })] as const;
  expect(await read({ fault })).toMatchObject({ nths: [0, 1, 2], nextCursor: 'after 2' });
});

test('what fails at the first answer, by cancellation or by our own fault is thrown', async () => {
  const dead = new SyncError('STRIPE_CURSOR_DEAD');
  await expect(read({ fault: [0, dead] })).rejects.toBe(dead);
  const ours = new TypeError('x');
  await expect(read({ fault: [2, ours] })).rejects.toBe(ours);
  const cancelled = { ...attempt, signal: AbortSignal.abort() };
  const ask = async (cursor: string | null) => {
    if (cursor !== null) throw dead;
    return answer(0);
  };
  await expect(readAnswers(window(), null, cancelled, ask)).rejects.toBe(dead);
});

test('a step that may cut ends where the rest is worth it, and a first one leaves it to the second', () => {
  const may = (cursor: string | null, mayCut: boolean) =>
    isToBeCut(window(), { cursor, mayCut }, answer(1));
  expect([may(null, false), may('x', true), may('x', false)]).toEqual([true, true, false]);
  const short = { span: { newest: NOW, oldest: 10 } };
  expect(isToBeCut(window(), { cursor: 'x', mayCut: true }, short)).toBe(false);
});

test('rows of a listing may be cut by the first step, and those of a tail from the second one on', () => {
  const may = (to: number | null, cursor: string | null, mayCut = true) =>
    mayCutRows({ to }, { cursor, mayCut });
  expect([may(NOW, null), may(NOW, 'x'), may(null, null), may(null, 'x')]).toEqual([
    ...[true, true],
    ...[false, true],
  ]);
  expect([may(NOW, null, false), may(NOW, 'x', false)]).toEqual([false, false]);
});

test('rows are cut where a half looks like one and a half of what a step has read', () => {
  const read = (hours: number) => ({ span: { newest: NOW, oldest: NOW - hours * HOUR } });
  const isCut = (hours: number) => cutOfRows(window(), read(hours)) !== undefined;
  expect([isCut(249), isCut(251)]).toEqual([true, false]);
});
