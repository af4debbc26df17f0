/** When a run does not get on, from facts alone. */
import {
  stallOf,
  STILL_MS,
  UNTAKEN_MS,
  type RunFact,
  type StallFacts,
} from '../../src/domain/stall';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const run: RunFact = {
  ...{ workflowId: 'w', firstRunId: 'r', open: true, startedAt: ago(3_600_000) },
  ...{ succeededAt: null, taskFails: false, waitsSince: null, codes: [] },
};
const codes = (facts: Partial<Omit<StallFacts, 'run'>>, changes: Partial<RunFact> = {}) =>
  stallOf({ now, movedAt: ago(1_000), workers: 1, ...facts, run: { ...run, ...changes } })?.codes;

const LONG = ago(STILL_MS + 1_000);
const SOON = ago(STILL_MS - 1_000);

test('a run that got something done within ten minutes gets on', () => {
  expect(codes({})).toBeUndefined();
  expect(codes({ movedAt: SOON })).toBeUndefined();
  expect(codes({ movedAt: null }, { startedAt: SOON })).toBeUndefined();
  // A page of its own heartbeats, as a long proof has it.
  expect(codes({ movedAt: LONG }, { succeededAt: SOON })).toBeUndefined();
});

test('one that stands still for ten minutes does not, and its steps say why', () => {
  expect(codes({ movedAt: LONG })).toEqual([]);
  expect(
    codes({ movedAt: LONG }, { codes: ['BLNK_UNAVAILABLE', 'BLNK_UNAVAILABLE', 'TIMED_OUT'] }),
  ).toEqual(['BLNK_UNAVAILABLE', 'TIMED_OUT']);
  expect(stallOf({ now, movedAt: LONG, workers: 1, run })?.since).toEqual(LONG);
});

test('a failing task is told at once', () => {
  expect(codes({}, { taskFails: true })).toEqual(['RUN_BROKEN']);
});

test('without a worker it is told after the time that a start takes', () => {
  const waits = { waitsSince: ago(UNTAKEN_MS + 1_000) };
  expect(codes({ workers: 0, movedAt: ago(UNTAKEN_MS + 1_000) }, waits)).toEqual([
    'WORKER_MISSING',
  ]);
  expect(codes({ workers: 0, movedAt: ago(1_000) }, waits)).toBeUndefined();
  expect(codes({ workers: 0, movedAt: SOON }, { waitsSince: ago(1_000) })).toBeUndefined();
  // Workers that poll take up none of it, as those of another version.
  expect(codes({ workers: 1, movedAt: SOON }, waits)).toBeUndefined();
  expect(codes({ workers: 1, movedAt: LONG }, waits)).toEqual(['WORKER_MISSING']);
});

test('an owner that has gone is left to the next sync for a while', () => {
  expect(codes({ movedAt: SOON }, { open: false, startedAt: SOON })).toBeUndefined();
  expect(codes({ movedAt: LONG }, { open: false })).toEqual(['OWNER_GONE']);
});
