/** Something that is measured again and again beside a benchmark. */

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** Samples until the returned function is called, which gives them all. @throws what a measurement has thrown */
export function watch(everyMs: number, measure: () => Promise<number>): () => Promise<Sample[]> {
  const samples: Sample[] = [];
  let sampling = Promise.resolve();
  const sample = async () => {
    const atMs = Date.now();
    samples.push({ atMs, value: await measure() });
  };
  const timer = setInterval(() => {
    sampling = sampling.then(sample);
    // Its failure is told at the end.
    sampling.catch(() => undefined);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await sampling;
    return samples;
  };
}
