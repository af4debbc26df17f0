import { createPostingLimit, type PostingLimit } from '../../src/blnk/posting-limit';
import { SyncError } from '../../src/domain/errors';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Runs `count` postings to their ends; `tookMs` tells how long one takes with so many in flight. */
async function post(
  limit: PostingLimit,
  count: number,
  tookMs: (inFlight: number) => number,
  fault?: () => Error | undefined,
): Promise<number> {
  let [inFlight, most] = [0, 0];
  const one = async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => setTimeout(resolve, tookMs(inFlight)));
    inFlight -= 1;
    const error = fault?.();
    if (error) throw error;
  };
  const all = Promise.allSettled(Array.from({ length: count }, () => limit.run(one)));
  await jest.runAllTimersAsync();
  await all;
  return most;
}

const locked = () => new SyncError('BLNK_LOCKED', { status: 423 });

test('begins with 8 in flight, and finds that a quick ledger takes 16 and no more', async () => {
  const limit = createPostingLimit();
  expect(limit.width).toBe(8);
  expect(await post(limit, 8, () => 40)).toBe(8);
  const most = await post(limit, 600, () => 40);
  expect([limit.width, most]).toEqual([16, 16]);
});

test('a ledger that only takes longer when asked for more is left at what it takes', async () => {
  const limit = createPostingLimit();
  // One lock: each posting waits for all others.
  await post(limit, 800, (inFlight) => 5 * inFlight);
  expect(limit.width).toBeGreaterThanOrEqual(8);
  expect(limit.width).toBeLessThanOrEqual(12);
  // Also after it has pushed back for a moment.
  await post(limit, 1, () => 40, locked);
  await post(limit, 800, (inFlight) => 5 * inFlight);
  expect(limit.width).toBeGreaterThanOrEqual(8);
  expect(limit.width).toBeLessThanOrEqual(12);
});

test('a lock halves it once for all that were in flight, down to 1', async () => {
  const limit = createPostingLimit();
  await post(limit, 8, () => 40, locked);
  expect(limit.width).toBe(4);
  await post(limit, 4, () => 40, locked);
  expect(limit.width).toBe(2);
  await post(limit, 40, () => 40, locked);
  expect(limit.width).toBe(1);
  await post(limit, 400, () => 40);
  expect(limit.width).toBe(16);
});

test('a time-out halves it too, down to 4: what hangs by itself must not hold up all others', async () => {
  const limit = createPostingLimit();
  const silent = () => new SyncError('BLNK_UNAVAILABLE', { cause: 'ECONNABORTED' });
  await post(limit, 8, () => 40, silent);
  expect(limit.width).toBe(4);
  await post(limit, 40, () => 40, silent);
  expect(limit.width).toBe(4);
  await post(limit, 40, () => 40, locked);
  expect(limit.width).toBe(1);
  await post(limit, 1, () => 40, silent);
  expect(limit.width).toBe(1);
});

test('a rate limit halves it, and the posting is sent again until it is taken', async () => {
  const limit = createPostingLimit();
  let left = 3;
  const limited = () =>
    left-- > 0 ? new SyncError('BLNK_RATE_LIMITED', { status: 429 }) : undefined;
  let failed = 0;
  await post(
    limit,
    8,
    () => 40,
    () => {
      const error = limited();
      failed += Number(error !== undefined);
      return error;
    },
  );
  expect(failed).toBe(3);
  expect(limit.width).toBeLessThan(8);
});

test.each([
  ['refuses a posting', () => new SyncError('BLNK_REFUSED', { status: 400 })],
  ['fails on one', () => new SyncError('BLNK_UNAVAILABLE', { status: 500 })],
])('a ledger that %s is not slower for it', async (_what, fault) => {
  const limit = createPostingLimit();
  await post(limit, 20, () => 40, fault);
  expect(limit.width).toBe(8);
});

test('a posting that fails gives its place to the next one, in the order of asking', async () => {
  const limit = createPostingLimit({ start: 1, max: 1 });
  const order: number[] = [];
  const runs = [0, 1, 2, 3].map((name) =>
    limit.run(async () => {
      order.push(name);
      await Promise.resolve();
      if (name === 1) throw locked();
      return name;
    }),
  );
  const settled = await Promise.allSettled(runs);
  expect(order).toEqual([0, 1, 2, 3]);
  expect(settled.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});
