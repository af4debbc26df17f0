/**
 * How often a property is tried. PROPERTY_RUNS multiplies it; PROPERTY_SEED and PROPERTY_PATH, which
 * fast-check prints with a failure, try that one case again. PROPERTY_SHRINK=off leaves a failure as large as it came.
 */
import type fc from 'fast-check';

export function runs<T>(numRuns: number): fc.Parameters<T> {
  const { PROPERTY_RUNS, PROPERTY_SEED, PROPERTY_PATH, PROPERTY_SHRINK } = process.env;
  return {
    numRuns: Math.max(1, Math.round(numRuns * Number(PROPERTY_RUNS ?? 1))),
    ...(PROPERTY_SEED !== undefined && { seed: Number(PROPERTY_SEED) }),
    ...(PROPERTY_SHRINK === 'off' && { endOnFailure: true }),
    ...(PROPERTY_PATH !== undefined && { path: PROPERTY_PATH, endOnFailure: true }),
  };
}

/** What ends a property that hangs. @param ms for as often as it is tried by default */
export function patience(ms: number): number {
  return ms * Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? 1));
}
