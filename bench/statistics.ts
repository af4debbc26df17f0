/** Pure arithmetic over measured values. */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Between two neighbours it is interpolated. @param percent 0 to 100 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/** Something was counted at a moment. */
export interface Step {
  readonly atMs: number;
  /** How many were done at that moment, since the step before. */
  readonly count: number;
}

/**
 * The eleven moments at which 0, 10, … 100 % were done, in milliseconds.
 * @param steps in the order of time
 */
export function decileTimes(startMs: number, steps: readonly Step[]): number[] {
  const total = steps.reduce((sum, { count }) => sum + count, 0);
  const times = [startMs];
  let done = 0;
  let before = startMs;
  for (const { atMs, count } of steps) {
    // Even within a step: a page's rows come one after the other.
    while (times.length <= 10 && (total * times.length) / 10 <= done + count && count > 0) {
      const share = ((total * times.length) / 10 - done) / count;
      times.push(before + (atMs - before) * share);
    }
    done += count;
    before = atMs;
  }
  return times;
}

/** Each tenth's speed, per second. @param times of decileTimes */
export function decileSpeeds(times: readonly number[], total: number): number[] {
  return times.slice(1).map((time, at) => total / 10 / ((time - times[at]!) / 1000));
}

/** The median of each tenth of the work. @param times of decileTimes */
export function decileMedians(
  times: readonly number[],
  samples: readonly { readonly atMs: number; readonly value: number }[],
): number[] {
  return times.slice(1).map((time, at) => {
    const within = samples.filter(({ atMs }) => atMs >= times[at]! && atMs <= time);
    return median(within.map(({ value }) => value));
  });
}

/**
 * Speeds as they would have been on a machine that gives the same all the time: what was done while a fixed piece of
 * work could be done once.
 * @param workMs how long it took, in each tenth
 */
export function withoutDrift(speeds: readonly number[], workMs: readonly number[]): number[] {
  if (workMs.length !== speeds.length) throw new Error(`${workMs.length} of ${speeds.length}`);
  return speeds.map((speed, at) => speed * (workMs[at]! / 1000));
}

/** Whether something grows or wanes: median of the last three deciles by that of deciles 2 to 4. */
export function lateToEarly(deciles: readonly number[]): number {
  if (deciles.length !== 10) throw new Error(`${deciles.length} deciles`);
  return median(deciles.slice(7)) / median(deciles.slice(1, 4));
}
