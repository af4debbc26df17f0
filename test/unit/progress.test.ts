/** What a running sync tells of itself, and how people read it. */
import type { FetchResult } from '../../src/engine/reading/fetch-page';
import { NO_COUNTS } from '../../src/domain/outcomes';
import {
  addPage,
  addRows,
  NO_PROGRESS,
  pageCountsOf,
  progressTeller,
  type Progress,
} from '../../src/domain/progress';
import { createReadBack } from '../../src/workflows/read-back';

const ONE = { ...NO_COUNTS, found: 3, posted: 2, quarantined: 1 };

const second = (day: string) => Date.parse(`${day}T12:00:00Z`) / 1000;

describe('the line of a person', () => {
  const tell = (progress: Partial<Progress>) =>
    progressTeller(() => 0)({ ...NO_PROGRESS, ...progress });

  test('shows pay-ins, and from the second second on the rate since the first answer', () => {
    let now = 10_000;
    const describe = progressTeller(() => now);
    const at = (found: number, phase: Progress['phase']) =>
      describe({ ...NO_PROGRESS, found, posted: found, phase });
    expect(at(100, 'payment_intents')).toBe('pay-ins: 100 found, 100 posted');
    now += 4_000;
    expect(at(500, 'events')).toBe('pay-ins: 500 found, 500 posted, 100 a second');
  });

  test('shows rows while movements are read, with a rate of their own', () => {
    let now = 0;
    const describe = progressTeller(() => now);
    const base = { ...NO_PROGRESS, found: 1_001 };
    expect(describe({ ...base, phase: 'payment_intents' })).toBe('pay-ins: 1,001 found');
    now += 10_000;
    const rows = { ...base, phase: 'balance_transactions' } as const;
    expect(describe({ ...rows, rows: 500 })).toBe('movements: 500 rows');
    now += 2_000;
    const legs = { found: 1_490, posted: 1_480, alreadyPosted: 7, setAside: 3 };
    const readBackTo = second('2026-10-12');
    expect(describe({ ...rows, rows: 1_500, readBackTo, legs })).toBe(
      'movements, read back to 2026-10-12: 1,500 rows, 1,480 posted, 7 already in the ledger, ' +
        '3 set aside, 500 a second',
    );
  });

  test('says what follows, and what is done for the proof', () => {
    const legs = { found: 12, posted: 12, alreadyPosted: 0, setAside: 0 };
    const all = { found: 1, legs, readBackTo: second('2026-10-12') };
    expect(tell({ ...all, phase: 'follow_ups' })).toBe('follow-ups: 1 pay-in and 12 movements');
    expect(tell({ ...all, phase: 'reconciling' })).toBe(
      'proof, the ledger is held against Stripe: 1 pay-in and 12 movements',
    );
    expect(tell({ found: 2, phase: 'proving' })).toBe(
      'proof, what was posted is looked up once more: 2 pay-ins',
    );
  });
});

describe('pages', () => {
  const legs = { charge: ONE, payout: { ...ONE, found: 1, posted: 1, quarantined: 0 } };

  test('that are handled in the step that reads their rows count with them', () => {
    const page = pageCountsOf({ ...NO_COUNTS, found: 1, posted: 1 }, legs);
    const progress = addRows(NO_PROGRESS, 4, page, 7);
    expect(progress).toMatchObject({ rows: 4, readBackTo: 7, found: 1, posted: 1, pages: 0 });
    expect(addRows(progress, 5, undefined, null)).toMatchObject({ rows: 9, readBackTo: null });
    expect(progress.legs).toEqual({ found: 4, posted: 3, alreadyPosted: 0, setAside: 1 });
  });

  test('that are sent apart count once they are', () => {
    const once = addPage(NO_PROGRESS, pageCountsOf(NO_COUNTS, legs));
    const twice = addPage(once, pageCountsOf(ONE, legs));
    expect(twice).toMatchObject({ pages: 2, found: 3, legs: { found: 8, posted: 6, setAside: 2 } });
  });

  test('without movements say nothing of them', () => {
    expect(addPage(NO_PROGRESS, pageCountsOf(ONE, {}))).not.toHaveProperty('legs');
  });
});

describe('rows are read back to', () => {
  const feed = 'balance_transactions';
  const plan = { feed, cursor: null, windowId: 'w_1', to: 1_000 } as const;
  type Page = Extract<FetchResult, { kind: 'page' }>;
  const page = (oldest: number, more: Partial<Page> = {}): Page => ({
    ...({ kind: 'page', pageId: 'p', count: 0, windows: [], nextCursor: 'c', oldest } as const),
    ...more,
  });

  test('the oldest row of the one window that is read', () => {
    const back = createReadBack();
    back.plan([plan]);
    expect(back.of(feed)).toBe(1_000);
    back.page(plan, page(900));
    expect(back.of(feed)).toBe(900);
    back.page(plan, page(800, { nextCursor: null }));
    expect(back.of(feed)).toBeNull();
  });

  test('the newest place that is not read, of several windows', () => {
    const back = createReadBack();
    back.plan([plan]);
    const cut = { ...plan, windowId: 'w_2' };
    back.page(plan, page(900, { windows: ['w_2'] }));
    back.page(cut, page(100));
    expect(back.of(feed)).toBe(900);
    back.page(plan, page(600));
    expect(back.of(feed)).toBe(600);
    back.page(plan, page(500, { nextCursor: null }));
    expect(back.of(feed)).toBe(100);
  });

  test('no known place while a window has said nothing, and none of another feed', () => {
    const back = createReadBack();
    const tail = { feed, cursor: null, windowId: 'w_3' } as const;
    back.plan([plan, tail]);
    expect(back.of(feed)).toBeNull();
    back.page(tail, page(950));
    expect(back.of(feed)).toBe(1_000);
    expect(back.of('earlier_rows')).toBeNull();
    back.page(tail, { kind: 'restart' });
    expect(back.of(feed)).toBe(1_000);
  });
});
