import {
  decileMedians,
  decileSpeeds,
  decileTimes,
  lateToEarly,
  median,
  percentile,
  withoutDrift,
} from '../../bench/statistics';

test('the median of an even number lies between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a percentile is interpolated between its neighbours and leaves the values as they are', () => {
  const values = [30, 10, 20, 0, 40];
  expect(percentile(values, 0)).toBe(0);
  expect(percentile(values, 99)).toBeCloseTo(39.6);
  expect(percentile(values, 100)).toBe(40);
  expect(values).toEqual([30, 10, 20, 0, 40]);
  expect(() => median([])).toThrow('nothing was measured');
});

describe('deciles', () => {
  test('of an even pace are evenly spread, also within one step', () => {
    const steps = Array.from({ length: 4 }, (_, at) => ({
      atMs: 1_000 + 500 * (at + 1),
      count: 5,
    }));
    const times = decileTimes(1_000, steps);
    expect(times).toHaveLength(11);
    times.forEach((time, at) => expect(time).toBeCloseTo(1_000 + 200 * at));
    decileSpeeds(times, 20).forEach((speed) => expect(speed).toBeCloseTo(10));
  });

  test('show where it went slower', () => {
    const steps = Array.from({ length: 10 }, (_, at) => ({
      atMs: at < 7 ? (at + 1) * 100 : 700 + (at - 6) * 200,
      count: 100,
    }));
    const speeds = decileSpeeds(decileTimes(0, steps), 1_000);
    expect(speeds.map(Math.round)).toEqual([...Array<number>(7).fill(1_000), 500, 500, 500]);
    expect(lateToEarly(speeds)).toBeCloseTo(0.5);
  });

  test('are not thrown off by a step in which nothing was done', () => {
    const steps = [
      { atMs: 0, count: 0 },
      { atMs: 100, count: 10 },
      { atMs: 200, count: 0 },
    ];
    expect(decileTimes(0, steps).at(-1)).toBe(100);
  });

  test('sum up the samples that fall into them', () => {
    const times = Array.from({ length: 11 }, (_, at) => at * 10);
    const samples = Array.from({ length: 100 }, (_, at) => ({
      atMs: at + 0.5,
      value: at < 50 ? 1 : 3,
    }));
    expect(decileMedians(times, samples)).toEqual([1, 1, 1, 1, 1, 3, 3, 3, 3, 3]);
  });

  test('compare the last three with the second to the fourth, the first being a start', () => {
    expect(lateToEarly([99, 2, 2, 2, 7, 7, 7, 3, 3, 3])).toBe(1.5);
    expect(() => lateToEarly([1, 2, 3])).toThrow('3 deciles');
  });

  test('show no loss where the machine gave as much less, and the whole loss where it gave the same', () => {
    const speeds = [900, 900, 900, 900, 800, 700, 650, 600, 600, 600];
    const slower = speeds.map((speed) => 9_000 / speed);
    expect(lateToEarly(withoutDrift(speeds, slower))).toBeCloseTo(1);
    const same = Array<number>(10).fill(12);
    expect(lateToEarly(withoutDrift(speeds, same))).toBeCloseTo(lateToEarly(speeds));
    expect(() => withoutDrift(speeds, [12])).toThrow('1 of 10');
  });
});
