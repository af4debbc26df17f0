/**
 * How often a property is tried. PROPERTY_RUNS multiplies it; PROPERTY_SEED and PROPERTY_PATH, which
 * fast-check prints with a failure, try that one case again.
 */
import type fc from 'fast-check';

export function runs<T>(numRuns: number): fc.Parameters<T> {
  const { PROPERTY_RUNS, PROPERTY_SEED, PROPERTY_PATH } = process.env;
  return {
    numRuns: Math.max(1, Math.round(numRuns * Number(PROPERTY_RUNS ?? 1))),
    ...(PROPERTY_SEED !== undefined && { seed: Number(PROPERTY_SEED) }),
    ...(PROPERTY_PATH !== undefined && { path: PROPERTY_PATH, endOnFailure: true }),
  };
}
