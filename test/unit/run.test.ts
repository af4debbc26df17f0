/** The course of a sync, free of Temporal: what steps aside, what is planned again, what ends it. */
import type { BeginResult } from '../../src/engine/begin';
import type { FinishResult } from '../../src/engine/finish';
import { NO_COUNTS } from '../../src/domain/outcomes';
import type { PageToSend } from '../../src/workflows/reading';
import { runSync, type RunSteps } from '../../src/workflows/run';

const CLOSED: FinishResult = { syncId: 's', status: 'completed', counts: NO_COUNTS };
const OPEN: FinishResult = { ...CLOSED, status: 'running', planAgain: true };

const opened = (pages: readonly string[], aside: readonly string[] = []): BeginResult => ({
  kind: 'open',
  syncId: 's',
  windows: pages.map((windowId) => ({ windowId, feed: 'events', cursor: null })),
  aside: aside.map((pageId) => ({ pageId, feed: 'events', count: 1 })),
});

/** One page for each window, of the same name; `aside` tells how often each steps aside. */
function play(
  options: {
    readonly plans?: readonly BeginResult[];
    readonly aside?: Readonly<Record<string, number>>;
    readonly ends?: readonly FinishResult[];
    /** How often the ledger turns out to have lost something. */
    readonly losses?: number;
    /** How often a proof asks for more to be read. */
    readonly rereads?: number;
    readonly isFull?: () => boolean;
    readonly failing?: Error;
  } = {},
) {
  const { plans = [opened(['a', 'b'])], aside = {}, ends = [], isFull = () => false } = options;
  const log: string[] = [];
  const sent: { page: string; alone: boolean; failingSince: number | undefined }[] = [];
  let [planned, finished, losses] = [0, 0, options.losses ?? 0];
  let rereads = options.rereads ?? 0;
  const steps: RunSteps = {
    begin: async (again) => {
      log.push(again ? 'plan again' : 'plan');
      return plans[Math.min(planned++, plans.length - 1)]!;
    },
    fetch: async ({ windowId }) => ({
      ...{ kind: 'page', pageId: windowId, count: 1, nextCursor: null, windows: [] },
    }),
    send: async ({ pageId }: PageToSend, { alone, failingSince }) => {
      sent.push({ page: pageId, alone, failingSince });
      log.push(`send ${pageId}${alone ? ' alone' : ''}`);
      const nth = sent.filter(({ page }) => page === pageId).length;
      if (nth <= (aside[pageId] ?? 0)) return { kind: 'later', failingSince: 100 };
      if (options.failing && aside[pageId] !== undefined) throw options.failing;
      return { kind: 'done' };
    },
    save: async ({ pageId }, handled) => void log.push(`${handled ? 'save' : 'leave'} ${pageId}`),
    wait: async (ms) => void log.push(`wait ${ms}`),
    prove: async () => {
      if (losses === 0) return true;
      losses -= 1;
      log.push('lost');
      return false;
    },
    reconcile: async () => {
      log.push('reconcile');
      if (rereads === 0) return true;
      rereads -= 1;
      return false;
    },
    finish: async () => {
      log.push('finish');
      return ends[finished++] ?? CLOSED;
    },
    isFull,
    onFeed: () => undefined,
  };
  return { log, sent, steps };
}

test('a page that steps aside lets the others go on, and is tried again alone before the close', async () => {
  const { log, sent, steps } = play({ aside: { a: 1 } });
  expect(await runSync(steps)).toEqual({ kind: 'closed', result: CLOSED });
  expect(log).toEqual([
    ...['plan', 'send a', 'send b', 'leave a', 'save b'],
    ...['send a alone', 'save a', 'finish'],
  ]);
  expect(sent.at(-1)).toEqual({ page: 'a', alone: true, failingSince: 100 });
});

test('each round over what stepped aside comes later than the one before, up to 30 s', async () => {
  const { log, steps } = play({ plans: [opened(['a'])], aside: { a: 8 } });
  await runSync(steps);
  const waits = log.filter((line) => line.startsWith('wait')).map((line) => Number(line.slice(5)));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('whoever is handled in a round is not tried in the next, and nobody waits for one page', async () => {
  const { log, steps } = play({ aside: { a: 3, b: 2 } });
  await runSync(steps);
  expect(log.slice(5)).toEqual([
    ...['send a alone', 'leave a', 'send b alone', 'leave b', 'wait 1000'],
    ...['send a alone', 'leave a', 'send b alone', 'save b', 'wait 2000'],
    ...['send a alone', 'save a', 'finish'],
  ]);
});

test('the page that has been silent for too long ends the sync with its error', async () => {
  const failing = new Error('silent');
  const { log, steps } = play({ aside: { a: 2 }, failing });
  await expect(runSync(steps)).rejects.toBe(failing);
  expect(log).not.toContain('finish');
});

test('a sync that is still open plans again, with the pages that the database knows', async () => {
  const plans = [opened(['a']), opened([], ['x'])];
  const { log, steps } = play({ plans, ends: [OPEN] });
  expect(await runSync(steps)).toEqual({ kind: 'closed', result: CLOSED });
  expect(log).toEqual([
    ...['plan', 'send a', 'save a', 'finish'],
    ...['plan again', 'send x alone', 'save x', 'finish'],
  ]);
});

test('one that never closes ends', async () => {
  const { log, steps } = play({ plans: [opened([])], ends: Array<FinishResult>(2_000).fill(OPEN) });
  expect(await runSync(steps)).toEqual({ kind: 'reopened' });
  expect(log.filter((line) => line === 'finish').length).toBeLessThan(1_100);
});

test('a full history carries over since when nothing gets through; the pages come from the database', async () => {
  let full = false;
  const { steps, log } = play({ aside: { a: 1 }, isFull: () => full });
  const end = await runSync({
    ...steps,
    save: async (page, handled) => {
      await steps.save(page, handled);
      full = log.includes('save b') && log.includes('leave a');
    },
  });
  expect(end).toEqual({ kind: 'full', carried: { failingSince: 100 } });
  const next = play({ plans: [opened([], ['a'])] });
  await runSync(next.steps, { failingSince: 100 });
  expect(next.sent).toEqual([{ page: 'a', alone: true, failingSince: 100 }]);
});

test('a skipped run ends at once', async () => {
  const by = { kind: 'skipped', syncId: 's', runningWorkflowId: 'w' } as const;
  const { log, steps } = play({ plans: [by] });
  expect(await runSync(steps)).toEqual({ kind: 'skipped', by });
  expect(log).toEqual(['plan']);
});

test('no more than 64 pages wait here: the others are found again at the close', async () => {
  const names = Array.from({ length: 70 }, (_, nth) => `p${nth}`);
  const aside = Object.fromEntries(names.map((name) => [name, 1]));
  const { sent, steps } = play({ plans: [opened(names)], aside });
  await runSync(steps);
  expect(sent.filter(({ alone }) => alone)).toHaveLength(64);
});

test('what the ledger has lost is planned and proven again before the close', async () => {
  const { log, steps } = play({ plans: [opened(['a'])], losses: 2 });
  expect(await runSync(steps)).toEqual({ kind: 'closed', result: CLOSED });
  const plan = ['plan again', 'send a', 'save a'];
  expect(log).toEqual(['plan', 'send a', 'save a', 'lost', ...plan, 'lost', ...plan, 'finish']);
});

test('a ledger that has lost something three times in one sync is not completed on', async () => {
  const { log, steps } = play({ plans: [opened(['a'])], losses: 3 });
  expect(await runSync(steps)).toEqual({ kind: 'forgotten' });
  expect(log).not.toContain('finish');
});

const carrying = (pages: readonly string[]): BeginResult =>
  Object.assign(opened(pages), { movements: true });

test('the ledger is held against Stripe before the close, and what a proof asks for is read first', async () => {
  const { log, steps } = play({ plans: [carrying(['a']), carrying(['b'])], rereads: 1 });
  expect(await runSync(steps)).toEqual({ kind: 'closed', result: CLOSED });
  expect(log).toEqual([
    ...['plan', 'send a', 'save a', 'reconcile'],
    ...['plan again', 'send b', 'save b', 'reconcile', 'finish'],
  ]);
});

test('a search for a fault ends, and its sync closes with what it has found', async () => {
  const { log, steps } = play({ plans: [carrying(['a'])], rereads: 1_000 });
  expect(await runSync(steps)).toEqual({ kind: 'closed', result: CLOSED });
  expect(log.filter((line) => line === 'reconcile')).toHaveLength(24);
});
