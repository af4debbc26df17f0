import {
  believed,
  EDGE,
  judgeReading,
  LISTED_AFTER,
  type Judgement,
  type RowsAround,
} from '../../src/domain/proof/reading-judgement';

const AT = 1_700_000_000;
const NOTHING_AFTER = { count: 0, net: 0n };

const quiet = (before: bigint, after = NOTHING_AFTER): RowsAround => ({ before, near: [], after });
/** Nets by the second that they lie from the reading. */
const busy = (before: bigint, near: readonly [number, bigint][], after = NOTHING_AFTER) => ({
  before,
  near: near.map(([second, net]) => ({ created: AT + second, net })),
  after,
});
const atOnce = (total: bigint, rows: RowsAround) => judgeReading({ at: AT, total }, rows, AT + 10);
const later = (total: bigint, rows: RowsAround, named?: bigint) =>
  judgeReading({ at: AT, total }, rows, AT + LISTED_AFTER, named);

describe('at once', () => {
  test('a reading that is the sum of everything listed is matched', () => {
    expect(atOnce(500n, quiet(500n))).toEqual({
      kind: 'judged',
      difference: 0n,
      since: 0n,
      exact: true,
    });
  });

  test('a row that came between the reading and the list is in the sum', () => {
    const judged = atOnce(470n, busy(500n, [[2, -30n]]));
    expect(judged).toMatchObject({ kind: 'judged', difference: 0n, since: 0n, exact: false });
  });

  test('rows of well after the reading are left out of a cut that is the only one', () => {
    const rows = quiet(500n, { count: 2, net: 77n });
    expect(atOnce(500n, rows)).toMatchObject({ kind: 'judged', difference: 0n, since: 77n });
  });

  test('no cut is chosen among several: a reading waits rather than be fitted', () => {
    const rows = busy(500n, [
      [-1, 40n],
      [1, 60n],
    ]);
    expect(atOnce(540n, rows)).toEqual({ kind: 'waits' });
    const followed = busy(
      500n,
      [
        [-1, 40n],
        [1, 60n],
      ],
      { count: 1, net: 0n },
    );
    expect(atOnce(600n, followed)).toEqual({ kind: 'waits' });
  });

  test('a reading that does not add up waits: Stripe may list a row late', () => {
    expect(atOnce(501n, quiet(500n))).toEqual({ kind: 'waits' });
    expect(judgeReading({ at: AT, total: 501n }, quiet(500n), AT + LISTED_AFTER - 1)).toEqual({
      kind: 'waits',
    });
  });
});

describe('once the list is far enough past it', () => {
  const rows = busy(
    500n,
    [
      [-EDGE, 10n],
      [-1, 20n],
      [0, 40n],
      [EDGE, 80n],
    ],
    { count: 1, net: 1_000n },
  );

  test.each<[total: bigint, since: bigint]>([
    [500n, 1_150n],
    [510n, 1_140n],
    [530n, 1_120n],
    [570n, 1_080n],
    [650n, 1_000n],
  ])('a reading of %s is matched at the cut that it counts to', (total, since) => {
    expect(later(total, rows)).toEqual({ kind: 'judged', difference: 0n, since, exact: false });
  });

  test('what no cut gives is off, by what was created up to the reading', () => {
    expect(later(575n, rows)).toEqual({
      kind: 'judged',
      difference: 5n,
      since: 1_080n,
      exact: false,
    });
  });

  test('cuts are taken in the order of the list and never picked from it', () => {
    // 500 + 20 and 500 + 80 are sums of rows, and no cut.
    expect(later(520n, rows)).toMatchObject({ difference: -50n });
    expect(later(580n, rows)).toMatchObject({ difference: 10n });
  });

  test('the cut at the reading is taken before others that fit as well', () => {
    const cancelling = busy(500n, [
      [-1, 5n],
      [1, 7n],
      [2, -7n],
    ]);
    expect(later(505n, cancelling)).toMatchObject({ difference: 0n, since: 0n, exact: false });
    expect(later(505n, { ...cancelling, after: { count: 1, net: 3n } })).toMatchObject({
      since: 3n,
    });
  });

  test('rows of no net leave one cut', () => {
    expect(later(500n, busy(500n, [[1, 0n]]))).toMatchObject({ difference: 0n, exact: true });
  });

  test('what is known to be wrong is looked for instead of a match', () => {
    expect(later(503n, rows, -7n)).toMatchObject({ difference: -7n, since: 1_140n });
    expect(later(570n, rows, -7n)).toMatchObject({ difference: 0n, since: 1_080n });
  });

  test('a row that is missing hides behind one of the same net at the edge: the reading is not exact', () => {
    // Stripe holds a refund of 9 that we lack; one of the same amount came just after the reading.
    const hidden = later(491n, busy(500n, [[2, -9n]]));
    expect(hidden).toEqual({ kind: 'judged', difference: 0n, since: 0n, exact: false });
    expect(later(482n, quiet(491n))).toMatchObject({ difference: -9n, exact: true });
  });
});

describe('of several readings', () => {
  const waits: Judgement = { kind: 'waits' };
  const judged = (difference: bigint, exact: boolean): Judgement => {
    return { kind: 'judged', difference, since: 0n, exact };
  };
  const chosen = (...judgements: Judgement[]) => {
    const readings = judgements.map((judgement, index) => ({ index, judgement }));
    return believed(readings)?.index;
  };

  test('none is believed where there is none', () => {
    expect(chosen()).toBeUndefined();
  });

  test('the newest that adds up is believed, and one that waits only where no other was judged', () => {
    expect(chosen(judged(0n, true), judged(0n, true), waits)).toBe(1);
    expect(chosen(judged(0n, true), waits)).toBe(0);
    expect(chosen(waits, waits)).toBe(1);
  });

  test('two fitted ones, and one in four, are enough: a cut inside a second may be none of the list’s', () => {
    const off = judged(1n, false);
    const match = judged(0n, false);
    expect(chosen(match, match, waits)).toBe(1);
    expect(chosen(off, match, off, off, waits, match, off, off, off)).toBe(5);
    expect(chosen(judged(0n, true), match, match)).toBe(2);
  });

  test('fewer may be chance: they decide nothing, and leave what an exact one has said', () => {
    const off = { judgement: judged(1n, false) };
    const match = { judgement: judged(0n, false) };
    for (const few of [
      [match],
      [off, match, off, off],
      [match, match, ...Array<typeof off>(7).fill(off)],
    ]) {
      expect(believed(few)).toEqual({ judgement: waits });
    }
    expect(chosen(judged(0n, true), match.judgement, waits)).toBe(0);
    expect(believed([{ judgement: judged(0n, true) }, match, off])).toEqual({ judgement: waits });
  });

  test('where none adds up, the newest is off', () => {
    expect(chosen(judged(1n, false), judged(2n, false), waits)).toBe(1);
    expect(chosen(judged(0n, true), judged(2n, false))).toBe(1);
  });

  test('an exact one that is off is believed before one that was fitted later', () => {
    expect(chosen(judged(0n, false), judged(-9n, true), judged(0n, false), waits)).toBe(1);
    expect(chosen(judged(-9n, true), judged(0n, true))).toBe(1);
  });
});
