import { cutOf, cutOfRows, isToBeCut, readAnswers } from '../../src/engine/reading/answers';
import type { FetchResult } from '../../src/engine/reading/fetch-page';
import type { WindowToRead } from '../../src/engine/begin';
import type { WindowRow } from '../../src/store/windows';
import { readWindows, type ReadSteps } from '../../src/workflows/reading';

const PAGE = 100;

interface Simulated {
  readonly requests: number;
  readonly read: ReadonlySet<number>;
  readonly mostAtOnce: number;
  /** Rounds of requests that could not overlap. */
  readonly rounds: number;
  /** Activities. */
  readonly steps: number;
}

/** Stripe's list over rows created at these seconds, with the steps and the cuts that the activity makes. */
async function simulate(
  created: readonly number[],
  from: number,
  to: number,
  feed: 'payment_intents' | 'balance_transactions' = 'payment_intents',
): Promise<Simulated> {
  const rows = created.map((at, id) => ({ at, id })).sort((a, b) => b.at - a.at || b.id - a.id);
  const position = new Map(rows.map(({ id }, index) => [id, index]));
  const windows = new Map<string, { from: number; to: number; stop: number | null }>();
  windows.set('w', { from, to, stop: null });
  const read = new Set<number>();
  let [requests, atOnce, mostAtOnce, rounds, steps] = [0, 0, 0, 0, 0];
  let round: Promise<void> | undefined;
  const attempt = {
    signal: new AbortController().signal,
    handled: () => undefined,
    succeeded: () => undefined,
  };

  async function answerOf(window: { from: number; to: number }, cursor: string | null) {
    requests += 1;
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    round ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      rounds += 1;
      round = undefined;
    });
    await round;
    atOnce -= 1;
    const start = cursor === null ? firstUpTo(rows, window.to) : position.get(Number(cursor))! + 1;
    const page = rows.slice(start, start + PAGE).filter(({ at }) => at >= window.from);
    for (const { id } of page) read.add(id);
    const more = rows[start + PAGE] !== undefined && rows[start + PAGE]!.at >= window.from;
    const span = page.length > 0 ? { newest: page[0]!.at, oldest: page.at(-1)!.at } : null;
    return { count: page.length, span, nextCursor: more ? String(page.at(-1)!.id) : null };
  }

  async function fetch(windowId: string, cursor: string | null, mayCut: boolean) {
    steps += 1;
    const window = windows.get(windowId)!;
    const row = window as WindowRow;
    const ask = (at: string | null) => answerOf(window, at);
    const isRows = feed === 'balance_transactions';
    const { all, last, span, nextCursor } = await readAnswers(
      row,
      cursor,
      attempt,
      ask,
      (answer) => !isRows && isToBeCut(row, { cursor, mayCut }, answer),
    );
    const pageId = `${windowId}@${cursor}`;
    const floor = window.stop ?? window.from;
    const cut = isRows ? cutOfRows(row, { span }) : cutOf(row, last);
    const stop = nextCursor !== null && mayCut ? cut : undefined;
    const ids = stop === undefined ? [] : [`${pageId}/${floor}`];
    if (stop !== undefined) {
      windows.set(ids[0]!, { from: floor, to: stop - 1, stop: null });
      window.stop = stop;
    }
    const count = all.reduce((sum, answer) => sum + answer.count, 0);
    const answers = all.length;
    return { kind: 'page', pageId, count, nextCursor, windows: ids, answers } as const;
  }

  await readWindows([{ windowId: 'w', feed, cursor: null }], {
    ...noSteps,
    fetch: ({ windowId }, cursor, mayCut) => fetch(windowId, cursor, mayCut),
  });
  return { requests, read, mostAtOnce, rounds, steps };
}

/** Index of the first row, newest first, that was created at this second or before. */
function firstUpTo(rows: readonly { at: number }[], second: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.at > second) low = middle + 1;
    else high = middle;
  }
  return low;
}

const noSteps: ReadSteps = {
  fetch: async () => ({ kind: 'page', pageId: 'p', count: 0, nextCursor: null, windows: [] }),
  handle: async () => undefined,
  isFull: () => false,
  onFeed: () => undefined,
};

const FROM = Date.UTC(2010, 0, 1) / 1000;
const NOW = Date.UTC(2026, 10, 24) / 1000;
const YEAR = 365 * 24 * 3600;

/** A fixed sequence in [0, 1). */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const times = (count: number, at: (random: () => number, index: number) => number): number[] => {
  const random = dice(20261124);
  return Array.from({ length: count }, (_, index) =>
    Math.min(NOW, Math.max(FROM, Math.floor(at(random, index)))),
  );
};

const COUNT = 100_000;
const DENSITIES: [what: string, created: number[]][] = [
  ['evenly over all years', times(COUNT, (random) => FROM + random() * (NOW - FROM))],
  ['evenly over the last year', times(COUNT, (random) => NOW - random() * YEAR)],
  ['within one hour of the last month', times(COUNT, (random) => NOW - 1e6 - random() * 3600)],
  ['within one hour of the first year', times(COUNT, (random) => FROM + 1e6 + random() * 3600)],
  ['in one second', times(COUNT, () => NOW - 1e7)],
  ['in seconds of a thousand', times(COUNT, (_, index) => NOW - (index % 100) * 50_000)],
  ['doubling each year', times(COUNT, (random) => NOW + Math.log2(1 - random()) * YEAR)],
  ['halving each year', times(COUNT, (random) => FROM - Math.log2(1 - random()) * YEAR)],
  [
    'by day with quiet nights and weekends',
    times(COUNT, (random) => {
      const day = Math.floor(random() * 700);
      return NOW - (day + (day % 7 < 2 ? 2 : 0)) * 86_400 - 36_000 * random() * random();
    }),
  ],
  [
    'in bursts of minutes between quiet months',
    times(COUNT, (random) => NOW - Math.floor(random() * 60) * 30 * 86_400 - random() * 120),
  ],
];

describe.each(DENSITIES)('100,000 rows %s', (_what, created) => {
  test('are all read, by several windows, in at most 1.125 times the fewest requests', async () => {
    const { requests, read, mostAtOnce, rounds, steps } = await simulate(created, FROM, NOW);
    expect(read.size).toBe(COUNT);
    expect(requests).toBeLessThanOrEqual(1.125 * (COUNT / PAGE));
    expect(mostAtOnce).toBeLessThanOrEqual(12);
    // Activities: five requests each, but where windows are cut.
    expect(steps).toBeLessThan(400);
    // Rows of one second are one chain, since a second cannot be cut.
    const oneSecond = new Set(created).size === 1;
    expect(rounds).toBeLessThan(oneSecond ? 1_100 : 120);
  });
});

describe.each(DENSITIES)('100,000 rows of the balance %s', (_what, created) => {
  test('are read by several windows, in at most 1.1 times the fewest requests', async () => {
    const { requests, read, mostAtOnce, rounds } = await simulate(
      ...([created, FROM, NOW, 'balance_transactions'] as const),
    );
    expect(read.size).toBe(COUNT);
    expect(requests).toBeLessThanOrEqual(1.1 * (COUNT / PAGE));
    const oneSecond = new Set(created).size === 1;
    expect(mostAtOnce).toBeGreaterThanOrEqual(oneSecond ? 1 : 10);
    expect(rounds).toBeLessThan(oneSecond ? 1_100 : 300);
  });
});

test.each([
  [400, 1, 4, 4],
  [1_000, 2, 11, 10],
  [4_156, 2, 44, 30],
  [20_800, 8, 220, 45],
])(
  '%i rows of an account of sixty days are read by %i windows at once',
  async (count, atOnce, most, mostRounds) => {
    const created = times(count, (random) => NOW - 2 * 3_600 - random() * 60 * 86_400);
    const { requests, read, mostAtOnce, rounds } = await simulate(
      created,
      FROM,
      NOW,
      'balance_transactions',
    );
    expect(read.size).toBe(count);
    expect(mostAtOnce).toBeGreaterThanOrEqual(atOnce);
    expect(requests).toBeLessThanOrEqual(most);
    expect(rounds).toBeLessThanOrEqual(mostRounds);
  },
);

test.each([
  [90, 1],
  [100, 1],
  [200, 2],
  [250, 4],
  [1_000, 15],
])('of %i rows it takes %i requests', async (count, most) => {
  const created = times(count, (random) => NOW - random() * YEAR);
  const { requests, read } = await simulate(created, FROM, NOW);
  expect(read.size).toBe(count);
  expect(requests).toBeLessThanOrEqual(most);
});

describe('a plan of windows', () => {
  const window = (windowId: string, feed: WindowToRead['feed']): WindowToRead => ({
    windowId,
    feed,
    cursor: null,
  });
  const page = (pageId: string, more: Partial<Extract<FetchResult, { kind: 'page' }>> = {}) =>
    ({ kind: 'page', pageId, count: 1, nextCursor: null, windows: [], ...more }) as const;
  const tick = () => new Promise((resolve) => setImmediate(resolve));

  test('is read feed by feed, and nothing of the next one before all pages are handled', async () => {
    const order: string[] = [];
    const outcome = await readWindows(
      [window('b', 'backlog'), window('l', 'payment_intents'), window('e', 'events')],
      {
        ...noSteps,
        onFeed: (feed) => order.push(feed),
        fetch: async ({ windowId }) => page(windowId),
        handle: async ({ pageId, feed }) => {
          await tick();
          order.push(`${feed} ${pageId} handled`);
        },
      },
    );
    expect(outcome).toBe('done');
    expect(order).toEqual([
      ...['backlog', 'backlog b handled'],
      ...['payment_intents', 'payment_intents l handled'],
      ...['events', 'events e handled'],
    ]);
  });

  test('has at most 3 pages in sending, and reads ahead of a slow ledger only so far', async () => {
    let [sending, mostSending, fetched, handled, ahead] = [0, 0, 0, 0, 0];
    await readWindows([window('l', 'payment_intents')], {
      ...noSteps,
      async fetch(_window, cursor) {
        fetched += 1;
        ahead = Math.max(ahead, fetched - handled);
        const nth = Number(cursor ?? 0) + 1;
        return page(String(nth), { nextCursor: nth < 60 ? String(nth) : null });
      },
      async handle() {
        sending += 1;
        mostSending = Math.max(mostSending, sending);
        await tick();
        sending -= 1;
        handled += 1;
      },
    });
    expect([mostSending, handled]).toEqual([3, 60]);
    expect(ahead).toBeLessThanOrEqual(16);
  });

  test('a dead cursor starts its window again', async () => {
    const asked: (string | null)[] = [];
    const answers: FetchResult[] = [page('1', { nextCursor: 'x' }), { kind: 'restart' }, page('1')];
    await readWindows([window('l', 'payment_intents')], {
      ...noSteps,
      fetch: async (_window, cursor) => {
        asked.push(cursor);
        return answers[asked.length - 1]!;
      },
    });
    expect(asked).toEqual([null, 'x', null]);
  });

  test('a tail that has expired ends the reading, after what was fetched is handled', async () => {
    const answers: FetchResult[] = [page('1', { nextCursor: 'x' }), { kind: 'expired' }];
    const handled: string[] = [];
    const outcome = await readWindows([window('e', 'events')], {
      ...noSteps,
      fetch: async () => answers.shift()!,
      handle: async ({ pageId }) => {
        await tick();
        handled.push(pageId);
      },
    });
    expect([outcome, handled]).toEqual(['expired', ['1']]);
  });

  test('a full history asks for no further page, and handles those that it has', async () => {
    let fetched = 0;
    const handled: string[] = [];
    const outcome = await readWindows([window('l', 'payment_intents'), window('e', 'events')], {
      ...noSteps,
      fetch: async () => page(String(++fetched), { nextCursor: 'x', windows: ['m'] }),
      handle: async ({ pageId }) => {
        await tick();
        handled.push(pageId);
      },
      isFull: () => fetched >= 5,
    });
    expect([outcome, fetched, handled.length]).toEqual(['full', 5, 5]);
  });

  test('a page that waits for its turn is not sent any more once another one has failed', async () => {
    const sent: string[] = [];
    const reading = readWindows(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => window(id, 'payment_intents')),
      {
        ...noSteps,
        fetch: async ({ windowId }) => page(windowId),
        handle: async ({ pageId }) => {
          sent.push(pageId);
          await tick();
          throw new Error('failed');
        },
      },
    );
    await expect(reading).rejects.toThrow('failed');
    // As many as are sent at once.
    expect(sent).toHaveLength(3);
  });

  test.each(['fetch', 'handle'] as const)(
    'the first failure to %s waits for what is under way, begins nothing more, and is thrown',
    async (step) => {
      let [begun, settled] = [0, 0];
      const first = new Error('first');
      const work = async () => {
        begun += 1;
        const nth = begun;
        await tick();
        settled += 1;
        if (nth === 4) throw first;
        if (nth > 4) throw new Error('later');
      };
      const reading = readWindows(
        ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => window(id, 'payment_intents')),
        {
          ...noSteps,
          fetch: async ({ windowId }) => {
            if (step === 'fetch') await work();
            return page(windowId, { nextCursor: 'x' });
          },
          handle: async () => (step === 'handle' ? work() : undefined),
        },
      );
      await expect(reading).rejects.toBe(first);
      expect(settled).toBe(begun);
    },
  );
});
