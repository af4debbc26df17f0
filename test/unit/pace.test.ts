/** The rate at which one ledger is asked: what it takes is found by its 429s, and by what it says of them. */
import { createPace } from '../../src/blnk/pace';
import { limitedBy } from '../../src/blnk/http';
import { createPostingLimit } from '../../src/blnk/posting-limit';
import { NOT_SENT, SyncError } from '../../src/domain/errors';
import { createBlnkRateLimit } from '../../sandbox/blnk/rate-limit';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A ledger with a limit, in the form of Core or of Cloud, that answers within 20 ms. */
function limitedLedger(requestsPerSecond: number, path: string) {
  const refuse = createBlnkRateLimit({ requestsPerSecond });
  const seen = { taken: 0, refused: 0 };
  return {
    seen,
    ask: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const reply = refuse({ path });
      seen[reply ? 'refused' : 'taken'] += 1;
      if (reply) throw limitedBy(lowerCase(reply.headers ?? {}));
    },
  };
}

const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

describe.each([
  ['Core', '/transactions'],
  ['Cloud', '/proxy/transactions'],
])('a %s', (_form, path) => {
  test.each([3, 10, 25])(
    'that takes %i a second gets 300 postings at nearly that rate, and says no to few',
    async (perSecond) => {
      const { ask, seen } = limitedLedger(perSecond, path);
      const limit = createPostingLimit();
      const begunAt = performance.now();
      const all = Promise.allSettled(Array.from({ length: 300 }, () => limit.run(ask)));
      await jest.runAllTimersAsync();
      const settled = await all;
      expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
      const tookS = (performance.now() - begunAt) / 1_000;
      expect(300 / tookS).toBeGreaterThan(perSecond * 0.6);
      expect(seen.taken).toBe(300);
      expect(seen.refused).toBeLessThan(100);
    },
  );
});

test('without a limit nobody waits', async () => {
  const pace = createPace();
  const begunAt = performance.now();
  for (let nth = 0; nth < 1_000; nth += 1) {
    await pace.turn();
    pace.succeeded();
  }
  expect([pace.perSecond, performance.now() - begunAt]).toEqual([Infinity, 0]);
});

test('a limit that is lifted is noticed within two minutes', async () => {
  const pace = createPace();
  for (let nth = 0; nth < 5; nth += 1) pace.succeeded();
  pace.limited(new SyncError('BLNK_RATE_LIMITED', { status: 429 }), 0);
  expect(pace.perSecond).toBeLessThan(5);
  const begunAt = performance.now();
  while (pace.perSecond !== Infinity) {
    const turn = pace.turn();
    await jest.runAllTimersAsync();
    await turn;
    pace.succeeded();
  }
  expect((performance.now() - begunAt) / 1_000).toBeLessThan(150);
});

test('of those in flight together only the first 429 slows down', () => {
  const pace = createPace();
  for (let nth = 0; nth < 10; nth += 1) pace.succeeded();
  const turn = pace.count;
  for (let nth = 0; nth < 5; nth += 1) {
    pace.limited(new SyncError('BLNK_RATE_LIMITED', { status: 429 }), turn);
  }
  expect([pace.count, pace.perSecond]).toEqual([1, 8]);
});

test('a tenth of 429s that have nothing to do with the rate costs time, and not more and more of it', async () => {
  const limit = createPostingLimit();
  let nth = 0;
  const begunAt = performance.now();
  const all = Array.from({ length: 500 }, () =>
    limit.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (++nth % 10 === 0) throw new SyncError('BLNK_RATE_LIMITED', { status: 429 });
    }),
  );
  const settled = Promise.allSettled(all);
  await jest.runAllTimersAsync();
  expect((await settled).filter(({ status }) => status === 'rejected')).toEqual([]);
  expect((performance.now() - begunAt) / 1_000).toBeLessThan(100);
});

test('all pause as long as the ledger says, or half a second doubling up to 32 s while nothing gets through', async () => {
  const pauses: number[] = [];
  const pace = createPace();
  const limited = async (retryAfterMs?: number) => {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    pace.limited(new SyncError('BLNK_RATE_LIMITED', { status: 429 }, options), pace.count);
    const begunAt = performance.now();
    const turn = pace.turn();
    await jest.runAllTimersAsync();
    await turn;
    pauses.push(performance.now() - begunAt);
  };
  for (let nth = 0; nth < 8; nth += 1) await limited();
  await limited(2_500);
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 2_500]);
});

test.each<
  [headers: Record<string, string>, retryAfterMs: number | undefined, perSecond: number | undefined]
>([
  [{ 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': '1' }, 1_000, 10],
  [{ 'retry-after': '7', 'ratelimit-reset': '1' }, 7_000, undefined],
  [{ 'retry-after': '86400' }, 60_000, undefined],
  [{ 'ratelimit-limit': '120', 'ratelimit-reset': '60' }, 60_000, 2],
  [{ 'ratelimit-reset': '1795913452' }, undefined, undefined],
  [{ 'retry-after': 'Sun, 29 Nov 2026 02:30:00 GMT' }, undefined, undefined],
  [{}, undefined, undefined],
])('of %j it takes a wait of %s ms', (headers, retryAfterMs, perSecond) => {
  const error = limitedBy(headers);
  expect(error).toMatchObject({ code: 'BLNK_RATE_LIMITED', details: { status: 429 } });
  expect([error.retryAfterMs, error.details['per_second']]).toEqual([retryAfterMs, perSecond]);
});

test('a look-up waits for no place, and counts for the rate', async () => {
  const limit = createPostingLimit({ start: 1, max: 1 });
  const never = limit.run(() => new Promise<void>(() => undefined));
  await expect(limit.ask(() => Promise.resolve('found'))).resolves.toBe('found');
  let nth = 0;
  const asked = limit.ask(async () => {
    if (++nth === 1) throw new SyncError('BLNK_RATE_LIMITED', { status: 429 });
    return 'found';
  });
  await jest.runAllTimersAsync();
  expect(await asked).toBe('found');
  expect(limit.perSecond).toBeLessThan(3);
  void never;
});

test('what waits for its turn when its time is up says that it was not sent, and at once', async () => {
  const limit = createPostingLimit({ start: 1, max: 1 });
  void limit.run(() => new Promise<void>(() => undefined));
  const up = new AbortController();
  let sent = false;
  const waiting = limit.run(async () => void (sent = true), up.signal);
  up.abort(new SyncError('BLNK_UNAVAILABLE', { cause: 'ETIMEDOUT' }));
  await expect(waiting).rejects.toMatchObject({ details: { cause: NOT_SENT } });
  expect(sent).toBe(false);
  const cancelled = new AbortController();
  const other = limit.run(async () => void (sent = true), cancelled.signal);
  cancelled.abort(new Error('cancelled'));
  await expect(other).rejects.toThrow('cancelled');
});
