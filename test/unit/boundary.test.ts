/** When an activity stops trying: what fails for too long, and what hangs. */
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { guarded, type Answered } from '../../src/activities/boundary';
import type { Attempt } from '../../src/engine/attempt';
import type { EngineDeps, Patience } from '../../src/engine/deps';
import { createSilence } from '../../src/engine/reading/silence';
import { SyncError } from '../../src/domain/errors';
import { silentLogger } from '../support/silent-logger';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

const MINUTE = 60_000;
const patience: Patience = {
  silenceMs: 15 * MINUTE,
  neverAnsweredMs: 30_000,
  refusedMs: 5 * MINUTE,
  roundWaitsMs: [],
  searchMs: 30 * MINUTE,
};
const deps = { log: pino({ level: 'silent' }), patience } as unknown as EngineDeps;
const known = (blnk: boolean, stripe: boolean): Answered => ({
  blnk: () => Promise.resolve(blnk),
  stripe: () => Promise.resolve(stripe),
  hasPosted: () => Promise.resolve(blnk),
});

function run(work: (attempt: Attempt) => Promise<unknown>, answered: Answered | undefined) {
  const environment = new MockActivityEnvironment(
    { activityType: 'sendPayInsToBlnk' },
    { logger: silentLogger },
  );
  const begunAt = performance.now();
  const ended = environment
    .run(() => guarded(deps, work, answered))
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .then((error) => ({ error, minutes: (performance.now() - begunAt) / MINUTE }));
  return { environment, ended };
}

/** Hangs until its signal ends it. */
const hang = ({ signal }: Attempt) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

it('what hangs without one success is ended after 15 minutes, for good', async () => {
  const { ended } = run(hang, known(true, true));
  await jest.advanceTimersByTimeAsync(20 * MINUTE);
  const { error, minutes } = await ended;
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'TIMED_OUT', nonRetryable: true });
  expect(minutes).toBeCloseTo(15);
});

it('each success begins the 15 minutes anew', async () => {
  const { ended } = run(
    async (attempt) => {
      for (let nth = 0; nth < 3; nth += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10 * MINUTE));
        attempt.succeeded();
      }
      return hang(attempt);
    },
    known(true, true),
  );
  await jest.advanceTimersByTimeAsync(50 * MINUTE);
  expect((await ended).minutes).toBeCloseTo(45);
});

it('what asks only our own parts has no such limit', async () => {
  const { ended } = run(
    () => new Promise((resolve) => setTimeout(resolve, 60 * MINUTE)),
    undefined,
  );
  await jest.advanceTimersByTimeAsync(61 * MINUTE);
  expect((await ended).error).toBeUndefined();
});

it.each<[code: 'BLNK_UNAVAILABLE' | 'STRIPE_UNAVAILABLE', answered: Answered, isFinal: boolean]>([
  ['BLNK_UNAVAILABLE', known(true, false), false],
  ['BLNK_UNAVAILABLE', known(false, true), true],
  ['STRIPE_UNAVAILABLE', known(false, true), false],
  ['STRIPE_UNAVAILABLE', known(true, false), true],
])(
  '%s after a minute: only whoever has answered before is waited for',
  async (code, answered, isFinal) => {
    const { ended } = run(async () => {
      await new Promise((resolve) => setTimeout(resolve, MINUTE));
      throw new SyncError(code);
    }, answered);
    await jest.advanceTimersByTimeAsync(2 * MINUTE);
    expect((await ended).error).toMatchObject({ type: code, nonRetryable: isFinal });
  },
);

it('what another program wrote is not told to Temporal', async () => {
  const { ended } = run(() => {
    throw new SyncError('PART_FAILED', { part: 'worker' }, { excerpt: 'secret of a log' });
  }, undefined);
  await jest.advanceTimersByTimeAsync(1);
  const { error } = await ended;
  expect(error).toMatchObject({ type: 'PART_FAILED', details: [{ part: 'worker' }] });
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain('secret');
});

it('a cancellation is told as one, also of what hangs', async () => {
  const { environment, ended } = run(hang, known(true, true));
  await jest.advanceTimersByTimeAsync(MINUTE);
  environment.cancel();
  await jest.advanceTimersByTimeAsync(1);
  expect((await ended).error).toMatchObject({ name: 'CancelledFailure' });
});

it('a silence that is stopped ends nothing, and one of another is passed on', async () => {
  const outer = new AbortController();
  const times = { leftMs: 100, limitMs: 100 };
  const stopped = createSilence(outer.signal, times, () => new Error('up'));
  const running = createSilence(outer.signal, times, () => new Error('up'));
  stopped.stop();
  await jest.advanceTimersByTimeAsync(200);
  expect([stopped.isOver, running.isOver]).toEqual([false, true]);
  const other = createSilence(outer.signal, times, () => new Error('up'));
  outer.abort(new Error('cancelled'));
  expect([other.isOver, (other.signal.reason as Error).message]).toEqual([false, 'cancelled']);
  other.stop();
});
