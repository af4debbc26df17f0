import {
  absorbedAmong,
  agreedAtCutOver,
  agreesAtCutOver,
  heldAtCutOver,
  openingOf,
  SPAN,
  type OpeningReading,
} from '../../src/domain/opening/opening';
import { errorInfo } from '../../src/domain/errors';
import { assertPostable } from '../../src/engine/opening/opening';
import type { LedgerPosting } from '../../src/domain/proof/proof-search';
import { LISTED_AFTER } from '../../src/domain/proof/reading-judgement';

const AT = 1_700_000_000;
const NOTHING = { count: 0, net: 0n };

const reading = (
  total: bigint,
  before: bigint,
  near: readonly (readonly [second: number, net: bigint])[] = [],
): OpeningReading => ({
  at: AT,
  total,
  rows: { before, near: near.map(([at, net]) => ({ created: AT + at, net })), after: NOTHING },
  listedTo: AT + LISTED_AFTER,
});

describe('what Stripe held at the cut-over', () => {
  test('is the reading less every row since', () => {
    expect(heldAtCutOver([reading(125_000n, 0n)])).toBe(125_000n);
    expect(heldAtCutOver([reading(1_038n, 788n)])).toBe(250n);
    expect(heldAtCutOver([reading(-40n, 60n)])).toBe(-100n);
  });

  test('is not taken from a reading that the list has not passed yet', () => {
    expect(heldAtCutOver([])).toBeNull();
    const early = { ...reading(5n, 0n), listedTo: AT + LISTED_AFTER - 1 };
    expect(heldAtCutOver([early])).toBeNull();
    expect(heldAtCutOver([early, reading(7n, 0n)])).toBe(7n);
  });

  test('is not guessed while a row may or may not be in the reading: the next one decides', () => {
    const first = reading(110n, 0n, [[1, 10n]]);
    expect(heldAtCutOver([first])).toBeNull();
    expect(heldAtCutOver([first, reading(125n, 10n, [[0, 25n]])])).toBeNull();
    expect(heldAtCutOver([first, reading(135n, 10n, [[0, 25n]])])).toBe(100n);
    expect(heldAtCutOver([first, reading(110n, 10n)])).toBe(100n);
  });

  test('is unknown where two readings contradict each other', () => {
    expect(heldAtCutOver([reading(100n, 0n), reading(101n, 0n)])).toBeNull();
  });
});

describe('what the ledger says was held', () => {
  const early = (one: OpeningReading) => ({ ...one, listedTo: AT + LISTED_AFTER - 1 });

  test('is right at once where all that is listed adds up to it', () => {
    expect(agreesAtCutOver(100n, [])).toBeNull();
    expect(agreesAtCutOver(100n, [early(reading(130n, 30n))])).toBe(true);
    expect(agreesAtCutOver(100n, [early(reading(135n, 30n, [[0, 5n]]))])).toBe(true);
    expect(agreesAtCutOver(100n, [early(reading(130n, 30n, [[0, 5n]]))])).toBeNull();
    const since = { count: 1, net: 5n };
    const withMore = (one: OpeningReading) => ({ ...one, rows: { ...one.rows, after: since } });
    expect(agreesAtCutOver(100n, [withMore(early(reading(130n, 30n)))])).toBe(true);
    expect(agreesAtCutOver(100n, [withMore(early(reading(135n, 30n, [[1, 5n]])))])).toBeNull();
  });

  test('is wrong where the list is whole, and leaves another amount', () => {
    expect(agreesAtCutOver(100n, [reading(131n, 30n)])).toBe(false);
    expect(agreesAtCutOver(100n, [reading(131n, 30n, [[0, 1n]])])).toBe(true);
    expect(agreesAtCutOver(100n, [reading(131n, 30n), early(reading(130n, 30n))])).toBe(false);
  });
});

describe('where nobody looks at it', () => {
  /** The same so many seconds later, of a list that is read to so many seconds after it. */
  const later = (seconds: number, one: OpeningReading, listed = LISTED_AFTER): OpeningReading => ({
    ...one,
    at: AT + seconds,
    rows: {
      ...one.rows,
      near: one.rows.near.map((row) => ({ ...row, created: row.created + seconds })),
    },
    listedTo: AT + seconds + listed,
  });

  test('a reading ten minutes later has to leave the same amount', () => {
    expect(agreedAtCutOver([])).toBe('uncertain');
    expect(agreedAtCutOver([reading(100n, 0n)])).toBe('uncertain');
    const second = reading(130n, 30n);
    expect(agreedAtCutOver([reading(100n, 0n), later(SPAN - 1, second)])).toBe('uncertain');
    expect(agreedAtCutOver([reading(100n, 0n), later(SPAN, second)])).toBe(100n);
    expect(agreedAtCutOver([reading(0n, 0n), later(SPAN, reading(0n, 0n))])).toBe(0n);
  });

  test('it does so at once where nothing has to be chosen, else once the list is past it', () => {
    const first = reading(100n, 0n);
    expect(agreedAtCutOver([first, later(SPAN, reading(130n, 30n), 1)])).toBe(100n);
    const all = reading(130n, 0n, [[0, 30n]]);
    expect(agreedAtCutOver([first, later(SPAN, all, 1)])).toBe(100n);
    const notAll = reading(100n, 0n, [[0, 30n]]);
    expect(agreedAtCutOver([first, later(SPAN, notAll, 1)])).toBe('uncertain');
    expect(agreedAtCutOver([first, later(SPAN, notAll)])).toBe(100n);
    expect(agreedAtCutOver([first, later(SPAN, reading(90n, 0n), 1)])).toBe('uncertain');
  });

  test('several that they leave are narrowed by the next one', () => {
    const both = reading(110n, 0n, [[1, 10n]]);
    expect(agreedAtCutOver([both, later(SPAN, both)])).toBe('uncertain');
    expect(agreedAtCutOver([both, both, later(SPAN, reading(110n, 10n))])).toBe(100n);
  });

  test('none that they leave is no amount, whatever later ones say', () => {
    const other = later(SPAN, reading(101n, 0n));
    expect(agreedAtCutOver([reading(100n, 0n), other])).toBe('disagrees');
    expect(agreedAtCutOver([reading(100n, 0n), other, other, other])).toBe('disagrees');
  });
});

const stranger = (reference: string, amount: bigint): LedgerPosting => ({
  id: `txn_of_${reference}`,
  reference,
  currency: 'USD',
  amount,
  bookedAt: AT,
  description: 'by hand',
});
const FROM_A_DAY = { isWhole: false, absorb: false };
const WHOLE = { isWhole: true, absorb: false };
const facts = { currency: 'USD', held: 125_000n, earlier: 0n, foreign: [] };

describe('with a cut-over', () => {
  test('the opening is what Stripe held', () => {
    expect(openingOf(facts, FROM_A_DAY)).toMatchObject({
      held: 125_000n,
      amount: 125_000n,
      unexplained: 0n,
      stop: null,
    });
  });

  test('what earlier pay-ins have brought to the source balance is not opened a second time', () => {
    const opening = openingOf({ ...facts, earlier: 900_000n }, FROM_A_DAY);
    expect(opening).toMatchObject({ held: 125_000n, amount: -775_000n });
  });

  test('postings of others stop it, and a person may have it absorb them', () => {
    const foreign = [stranger('a', 700n), stranger('b', -200n)];
    expect(openingOf({ ...facts, foreign }, FROM_A_DAY)).toMatchObject({
      foreign,
      stop: 'FOREIGN_POSTINGS',
    });
    expect(openingOf({ ...facts, foreign }, { isWhole: false, absorb: true })).toMatchObject({
      held: 125_000n,
      amount: 124_500n,
      absorbed: { debits: 700n, credits: 200n },
      accepted: [],
      stop: null,
    });
  });

  test('one that the ledger says somebody has accepted stops nothing, and is not absorbed', () => {
    const foreign = [{ ...stranger('a', 700n), isAccepted: true }];
    expect(openingOf({ ...facts, foreign }, FROM_A_DAY)).toMatchObject({
      ...{ amount: 125_000n, foreign: [], absorbs: [], accepted: [], stop: null },
    });
  });

  test('absorbed ones that cancel leave the amount and stay in the turnover', () => {
    const foreign = [stranger('a', 5n), stranger('b', -5n)];
    expect(openingOf({ ...facts, foreign }, { isWhole: false, absorb: true })).toMatchObject({
      amount: 125_000n,
      absorbed: { debits: 5n, credits: 5n },
    });
  });

  test.each([
    [9_007_199_254_740_991n, 'USD', null],
    [9_007_199_254_740_992n, 'USD', 'AMOUNT_UNSAFE'],
    [-9_007_199_254_740_992n, 'USD', 'AMOUNT_UNSAFE'],
    [1n, 'XTS', 'CURRENCY_UNKNOWN'],
    // Another balance of the ledger than "USD".
    [1n, 'usd', 'CURRENCY_UNKNOWN'],
    [0n, 'usd', null],
    [0n, 'XTS', null],
  ])('%s %s is opened or says why not: %s', (held, currency, stop) => {
    expect(openingOf({ ...facts, held, currency }, FROM_A_DAY).stop).toBe(stop);
  });
});

describe('of one that is posted already', () => {
  const of = (reference: string, amount: bigint, isAccepted = false): LedgerPosting => ({
    ...{ id: `blnk_${reference}`, reference, currency: 'USD', amount },
    ...{ bookedAt: AT, description: null, isAccepted },
  });
  const opened = (found: bigint, ...foreign: readonly LedgerPosting[]) =>
    openingOf(
      { currency: 'USD', held: 1_000n, earlier: 0n, found, foreign },
      { isWhole: false, absorb: true },
    );
  const named = (all: readonly LedgerPosting[]) => all.map(({ reference }) => reference);

  test('the oldest postings of others are absorbed, as far as it is less by them, and later ones accepted by name', () => {
    const opening = opened(300n, of('a', 500n), of('b', 200n), of('c', 40n));
    expect([named(opening.absorbs), named(opening.accepted)]).toEqual([['a', 'b'], ['c']]);
    expect(opening).toMatchObject({ amount: 300n, absorbed: { debits: 700n, credits: 0n } });
  });

  test('it is less as well by what earlier pay-ins have brought, which is no posting of others', () => {
    const held = { currency: 'USD', held: 1_000n, earlier: 500n, foreign: [of('a', 200n)] };
    const opening = openingOf({ ...held, found: 300n }, FROM_A_DAY);
    expect([named(opening.absorbs), opening.amount]).toEqual([['a'], 300n]);
    expect(openingOf({ ...held, found: 800n }, FROM_A_DAY).stop).toBe('OPENING_DIFFERS');
  });

  test.each([
    ['more than they come to', opened(200n, of('a', 500n), of('b', 200n))],
    ['what none of them is', opened(999n)],
    ['what only later ones add up to', opened(960n, of('a', 500n), of('b', 40n))],
  ])('where it is less by %s, it is not frozen', (_what, opening) => {
    expect(opening).toMatchObject({ absorbs: [], stop: 'OPENING_DIFFERS' });
    expect(() => assertPostable([opening])).toThrow(errorInfo('OPENING_DIFFERS').what);
  });

  test('none is where it is less by none', () => {
    const opening = opened(1_000n, of('a', 500n));
    expect([named(opening.absorbs), named(opening.accepted)]).toEqual([[], ['a']]);
  });

  test('one that somebody has accepted is left to the proof, unless it is less by that one as well', () => {
    const later = opened(300n, of('a', 700n), of('b', 40n, true));
    expect([named(later.foreign), named(later.absorbs), later.accepted]).toEqual([
      ['a'],
      ['a'],
      [],
    ]);
    const first = opened(300n, of('b', 40n, true), of('a', 700n));
    expect(named(first.absorbs)).toEqual(['a']);
    const mistaken = opened(300n, of('a', 700n, true));
    expect(mistaken).toMatchObject({ foreign: [], stop: null, absorbed: { debits: 700n } });
  });

  test('that nothing adds up is told from that none was absorbed', () => {
    expect(absorbedAmong([of('a', 5n)], ({ debits }) => debits === 7n)).toBeNull();
    expect(absorbedAmong([of('a', 5n)], ({ debits }) => debits === 0n)).toEqual([]);
  });
});

describe('with the whole history', () => {
  test('the opening is zero', () => {
    expect(openingOf({ ...facts, held: 0n }, WHOLE)).toMatchObject({
      held: 0n,
      amount: 0n,
      unexplained: 0n,
      stop: null,
    });
  });

  test('a remainder is unexplained, and nothing is posted for it', () => {
    expect(openingOf({ ...facts, held: -31n }, WHOLE)).toMatchObject({
      held: 0n,
      amount: 0n,
      unexplained: -31n,
      stop: null,
    });
  });

  test('postings of others are not absorbed: every proof goes on to name them', () => {
    const foreign = [stranger('a', 700n)];
    expect(openingOf({ ...facts, held: 0n, foreign }, WHOLE).stop).toBe('FOREIGN_POSTINGS');
    expect(openingOf({ ...facts, held: 0n, foreign }, { isWhole: true, absorb: true })).toEqual({
      ...facts,
      held: 0n,
      foreign,
      absorbs: [],
      amount: 0n,
      unexplained: 0n,
      absorbed: { debits: 0n, credits: 0n },
      accepted: foreign,
      stop: null,
    });
  });
});
